"use client";

import Link from "next/link";
import type { ReactNode } from "react";

import { Badge } from "@/components/ui/badge";
import { Card, CardHeader } from "@/components/ui/card";
import { ForeignText } from "@/components/ui/foreign-text";
import { Skeleton } from "@/components/ui/skeleton";
import type { Body } from "@/lib/api";
import { toFilter } from "@/lib/figures";
import {
  formatCost,
  formatCount,
  formatDuration,
  formatExactCost,
  formatPercent,
  formatQuantity,
  formatRelativeError,
  UNKNOWN,
} from "@/lib/format";
import { useHref } from "@/lib/url-state";

interface ModelTableProps {
  models: Body<"ModelTotals">[] | undefined;
  /** Of the percentiles. */
  relativeError: number | undefined;
}

const COLUMNS = ["Requests", "Errors", "Tokens in", "Tokens out", "p50", "p95", "Cost"];

export function ModelTable({ models, relativeError }: ModelTableProps) {
  const sorted = models?.toSorted(
    (a, b) => (b.cost_usd ?? 0) - (a.cost_usd ?? 0) || b.requests - a.requests,
  );
  const dearest = Math.max(0, ...(sorted ?? []).map((row) => row.cost_usd ?? 0));
  return (
    <Card id="models" aria-labelledby="models-title" className="scroll-mt-16">
      <CardHeader
        id="models-title"
        title="Models"
        note={
          sorted
            ? `${formatQuantity(sorted.length, "model")}, p50 and p95 ${formatRelativeError(relativeError)}`
            : null
        }
      />
      <div className="overflow-x-auto pb-2" tabIndex={0} role="group" aria-label="Model table">
        <table className="w-full min-w-3xl tabular-nums">
          <thead className="text-xs text-muted">
            <tr>
              <th scope="col" className="px-4 py-1.5 text-left font-normal">
                Model
              </th>
              {COLUMNS.map((column) => (
                <th key={column} scope="col" className="px-3 py-1.5 text-right font-normal last:pr-4">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted?.map((row) => (
              <ModelRow key={JSON.stringify([row.provider, row.model])} row={row} dearest={dearest} />
            )) ?? <LoadingRows />}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function ModelRow({ row, dearest }: { row: Body<"ModelTotals">; dearest: number }) {
  const toHref = useHref();
  const share = dearest > 0 ? (row.cost_usd ?? 0) / dearest : 0;
  return (
    <tr className="border-t hover:bg-hover">
      <th scope="row" className="max-w-96 px-4 py-1.5 text-left font-normal">
        <span className="flex items-baseline gap-2">
          {row.model ? (
            <Link
              href={toHref("/traces", { model: row.model })}
              prefetch={false}
              className="truncate font-medium hover:text-accent hover:underline"
            >
              <ForeignText text={row.model} />
            </Link>
          ) : (
            UNKNOWN
          )}
          <span className="text-xs text-muted">
            <ForeignText text={row.provider ?? ""} />
          </span>
          {row.unpriced_requests > 0 ? (
            <Badge tone="warning" title="The cost of these requests is unknown and in no sum.">
              <Figure row={row} figure="unpriced">{formatCount(row.unpriced_requests)} unpriced</Figure>
            </Badge>
          ) : null}
          {row.unmeasured_requests > 0 ? (
            <Badge tone="warning" title="The usage of these requests is unknown: no sum has it.">
              <Figure row={row} figure="unmeasured">{formatCount(row.unmeasured_requests)} unmeasured</Figure>
            </Badge>
          ) : null}
        </span>
      </th>
      <td className="px-3 py-1.5 text-right">{formatCount(row.requests)}</td>
      <td className={row.errors > 0 ? "px-3 py-1.5 text-right text-danger" : "px-3 py-1.5 text-right"}>
        {row.errors > 0 ? (
          <Figure row={row} figure="errors">{formatPercent(row.error_rate)}</Figure>
        ) : (
          formatPercent(row.error_rate)
        )}
      </td>
      <td className="px-3 py-1.5 text-right">{formatCount(row.prompt_tokens)}</td>
      <td className="px-3 py-1.5 text-right">{formatCount(row.completion_tokens)}</td>
      <td className="px-3 py-1.5 text-right">{formatDuration(row.latency_ms.p50)}</td>
      <td className="px-3 py-1.5 text-right">{formatDuration(row.latency_ms.p95)}</td>
      <td className="w-52 py-1.5 pr-4 pl-3">
        <span className="flex items-center justify-end gap-2">
          <span aria-hidden className="h-1 w-20 rounded-full bg-hover">
            <span
              className="block h-full rounded-full bg-(--chart-1)"
              style={{ width: `${share * 100}%` }}
            />
          </span>
          <span className="min-w-20 text-right" title={formatExactCost(row.cost_usd)}>
            {formatCost(row.cost_usd)}
          </span>
        </span>
      </td>
    </tr>
  );
}

interface FigureProps {
  row: Body<"ModelTotals">;
  figure: "errors" | "unpriced" | "unmeasured";
  children: ReactNode;
}

/** A count that leads to its calls. */
function Figure({ row, figure, children }: FigureProps) {
  const toHref = useHref();
  const filter = toFilter(figure, row.filter);
  if (filter === null) return children;
  return (
    <Link href={toHref("/spans", { filter })} prefetch={false} className="hover:underline">
      {children}
    </Link>
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
