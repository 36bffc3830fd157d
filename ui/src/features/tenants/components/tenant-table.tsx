"use client";

import { ArrowDown } from "lucide-react";
import Link from "next/link";
import { useState } from "react";

import { Badge } from "@/components/ui/badge";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/class-names";
import { formatCost, formatCount, formatExactCost, formatInteger, formatPercent } from "@/lib/format";
import { useView } from "@/lib/url-state";

import type { TenantSums } from "../api";
import { COLUMNS, orderBy, type Column } from "../lib/order";

const CELL = "px-1.5 py-1.5 text-right last:pr-3 sm:px-3 sm:last:pr-4";
const NAME = "py-1.5 pr-1.5 pl-3 text-left sm:pl-4";

/** Ordered among the tenants that are shown. */
export function TenantTable({ tenants }: { tenants: TenantSums[] | undefined }) {
  const [column, setColumn] = useState<Column>("tenant_id");
  return (
    <div className="overflow-x-auto" tabIndex={0} role="group" aria-label="Tenant table">
      <table className="w-full tabular-nums" aria-label="Tenants">
        <thead className="text-xs text-muted">
          <tr>
            {COLUMNS.map(({ key, label }) => (
              <th
                key={key}
                scope="col"
                aria-sort={key !== column ? undefined : key === "tenant_id" ? "ascending" : "descending"}
                className={cn("font-normal", key === "tenant_id" ? NAME : CELL)}
              >
                <button
                  type="button"
                  onClick={() => setColumn(key)}
                  className={cn("inline-flex items-center gap-0.5 hover:text-foreground", key === column && "text-foreground")}
                >
                  {label}
                  {key === column ? <ArrowDown className="size-3" aria-hidden /> : null}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tenants ? (
            orderBy(tenants, column).map((sums) => <TenantRow key={sums.tenant_id} sums={sums} />)
          ) : (
            <LoadingRows />
          )}
        </tbody>
      </table>
    </div>
  );
}

function TenantRow({ sums }: { sums: TenantSums }) {
  return (
    <tr className="border-t hover:bg-hover">
      <th scope="row" className={cn("max-w-96 font-normal", NAME)}>
        <TenantName sums={sums} />
      </th>
      <td className={CELL} title={formatExactCost(sums.cost_usd)}>
        {formatCost(sums.cost_usd)}
      </td>
      <td className={CELL} title={formatInteger(sums.requests)}>
        {formatCount(sums.requests)}
      </td>
      <td className={cn(CELL, sums.errors > 0 && "text-danger")} title={formatInteger(sums.errors)}>
        {formatPercent(sums.error_rate)}
      </td>
      <td className={CELL} title={formatInteger(sums.total_tokens)}>
        {formatCount(sums.total_tokens)}
      </td>
    </tr>
  );
}

/** A link where the reader is a member: an operator sees sums, and opens nothing of others. */
function TenantName({ sums: { tenant_id: tenant, role, generated, ...sums } }: { sums: TenantSums }) {
  const { range } = useView();
  return (
    <span className="flex flex-wrap items-baseline gap-x-2">
      {role === null ? (
        <span className="break-all" title="You are no member: only its sums are yours to see.">
          {tenant}
        </span>
      ) : (
        <Link
          href={`/overview?${new URLSearchParams({ tenant, range })}`}
          prefetch={false}
          className="font-medium break-all hover:text-accent hover:underline"
        >
          {tenant}
        </Link>
      )}
      <span className="text-xs text-muted">{role ?? "no member"}</span>
      {generated ? <Badge tone="warning">generated</Badge> : null}
      {sums.unpriced_requests > 0 ? (
        <Badge tone="warning" title="The cost of these calls is unknown and in no sum.">
          {formatCount(sums.unpriced_requests)} unpriced
        </Badge>
      ) : null}
      {sums.unmeasured_requests > 0 ? (
        <Badge tone="warning" title="The usage of these calls is unknown: no sum has it.">
          {formatCount(sums.unmeasured_requests)} unmeasured
        </Badge>
      ) : null}
    </span>
  );
}

function LoadingRows() {
  return [0, 1, 2, 3, 4].map((row) => (
    <tr key={row} className="border-t">
      <td colSpan={COLUMNS.length} className="px-4 py-1.5">
        <Skeleton className="my-0.5 h-4" />
      </td>
    </tr>
  ));
}
