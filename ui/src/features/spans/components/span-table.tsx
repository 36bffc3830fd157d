"use client";

import Link from "next/link";

import { ForeignText } from "@/components/ui/foreign-text";
import { Moment } from "@/components/ui/moment";
import { Skeleton } from "@/components/ui/skeleton";
import { StatusBadge } from "@/components/ui/status-badge";
import type { Body } from "@/lib/api";
import { cn } from "@/lib/class-names";
import { formatCost, formatCount, formatExactCost, formatInteger, UNKNOWN } from "@/lib/format";
import { formatLocalTime } from "@/lib/time";
import { useHref } from "@/lib/url-state";

const MEDIUM = "hidden sm:table-cell";
const WIDE = "hidden lg:table-cell";
const NUMBER = "px-3 text-right tabular-nums";
const SKELETON_ROWS = 12;

interface SpanTableProps {
  caption: string;
  /** Undefined while loading. */
  spans: Body<"SpanSummary">[] | undefined;
}

export function SpanTable({ caption, spans }: SpanTableProps) {
  return (
    <table className="w-full table-fixed">
      <caption className="sr-only">{caption}</caption>
      <thead className="text-xs text-muted">
        <tr className="h-8 [&>th]:font-normal">
          <th scope="col" className={cn("w-44 px-4 text-left", MEDIUM)}>
            Started
          </th>
          <th scope="col" className="px-4 text-left sm:px-3">
            Name
          </th>
          <th scope="col" className={cn("w-36 px-3 text-left", WIDE)}>
            Operation
          </th>
          <th scope="col" className={cn("w-48 px-3 text-left", MEDIUM)}>
            Model
          </th>
          <th scope="col" className="w-24 px-3 text-left">
            Status
          </th>
          <th scope="col" className={cn("w-24", NUMBER)}>
            Tokens
          </th>
          <th scope="col" className={cn("w-28", NUMBER, "pr-4", MEDIUM)}>
            Cost
          </th>
        </tr>
      </thead>
      <tbody>
        {spans?.map((span) => <SpanRow key={`${span.trace_id}/${span.span_id}`} span={span} />) ??
          Array.from({ length: SKELETON_ROWS }, (_, row) => (
            <tr key={row} className="h-9 border-t">
              <td colSpan={7} className="px-4">
                <Skeleton className="h-4" />
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}

function SpanRow({ span }: { span: Body<"SpanSummary"> }) {
  const toHref = useHref();
  return (
    <tr className="relative h-9 border-t hover:bg-hover has-[a:focus-visible]:bg-hover">
      <td className={cn("px-4 text-muted tabular-nums", MEDIUM)}>
        <Moment iso={span.start_time} />
      </td>
      <td className="truncate px-4 py-1 sm:px-3 sm:py-0">
        <Link
          href={toHref(`/traces/${span.trace_id}`, { span: span.span_id })}
          prefetch={false}
          className="font-medium after:absolute after:inset-0"
        >
          <ForeignText text={span.name === "" ? span.span_id : span.name} />
        </Link>
        <span className="block truncate text-2xs text-muted tabular-nums sm:hidden">
          {formatLocalTime(span.start_time)}
        </span>
      </td>
      <td className={cn("truncate px-3", WIDE)}>
        <ForeignText text={span.operation ?? UNKNOWN} />
      </td>
      <td className={cn("truncate px-3", MEDIUM)}>
        <ForeignText text={span.model ?? UNKNOWN} />
      </td>
      <td className="px-3">
        <StatusBadge status={span.status} />
      </td>
      <td className={NUMBER} title={formatInteger(span.total_tokens)}>
        {formatCount(span.total_tokens)}
      </td>
      <td className={cn(NUMBER, "pr-4", MEDIUM)} title={formatExactCost(span.cost_usd)}>
        {formatCost(span.cost_usd)}
      </td>
    </tr>
  );
}
