"use client";

import Link from "next/link";

import { Badge } from "@/components/ui/badge";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/class-names";
import { formatCost, formatCount, formatExactCost, formatInteger, formatPercent } from "@/lib/format";
import { useView } from "@/lib/url-state";

import type { TenantSums } from "../api";

const COLUMNS = ["Calls", "Failed", "Tokens", "Cost"];
const CELL = "px-3 py-1.5 text-right";

export function TenantTable({ tenants }: { tenants: TenantSums[] | undefined }) {
  return (
    <div className="overflow-x-auto" tabIndex={0} role="group" aria-label="Tenant table">
      <table className="w-full tabular-nums" aria-label="Tenants by name">
        <thead className="text-xs text-muted">
          <tr>
            <th scope="col" className="px-4 py-1.5 text-left font-normal">
              Tenant
            </th>
            {COLUMNS.map((column) => (
              <th key={column} scope="col" className="px-3 py-1.5 text-right font-normal last:pr-4">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tenants?.map((sums) => <TenantRow key={sums.tenant_id} sums={sums} />) ?? <LoadingRows />}
        </tbody>
      </table>
    </div>
  );
}

function TenantRow({ sums }: { sums: TenantSums }) {
  return (
    <tr className="border-t hover:bg-hover">
      <th scope="row" className="max-w-96 min-w-40 px-4 py-1.5 text-left font-normal">
        <TenantName sums={sums} />
      </th>
      <td className={CELL} title={formatInteger(sums.requests)}>
        {formatCount(sums.requests)}
      </td>
      <td className={cn(CELL, sums.errors > 0 && "text-danger")} title={formatInteger(sums.errors)}>
        {formatPercent(sums.error_rate)}
      </td>
      <td className={CELL} title={formatInteger(sums.total_tokens)}>
        {formatCount(sums.total_tokens)}
      </td>
      <td className={cn(CELL, "pr-4")} title={formatExactCost(sums.cost_usd)}>
        {formatCost(sums.cost_usd)}
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
      <td colSpan={COLUMNS.length + 1} className="px-4 py-1.5">
        <Skeleton className="my-0.5 h-4" />
      </td>
    </tr>
  ));
}
