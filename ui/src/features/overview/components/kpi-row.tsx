"use client";

import Link from "next/link";
import type { ReactNode } from "react";

import { Skeleton } from "@/components/ui/skeleton";
import type { Body } from "@/lib/api";
import { cn } from "@/lib/class-names";
import { FIGURES } from "@/lib/figures";
import {
  formatCost,
  formatCount,
  formatDuration,
  formatExactCost,
  formatInteger,
  formatPercent,
  formatQuantity,
  formatRelativeError,
} from "@/lib/format";
import { describeGaps, toGaps, type Gaps } from "@/lib/gaps";
import { useHref } from "@/lib/url-state";

interface KpiRowProps {
  /** Undefined while loading. */
  totals: Body<"WindowTotals"> | undefined;
  /** Of the percentiles. */
  relativeError: number | undefined;
}

export function KpiRow({ totals, relativeError }: KpiRowProps) {
  return (
    <section aria-label="Totals" className="overflow-hidden rounded-lg border bg-border shadow-card">
      <dl className="grid grid-cols-6 gap-px xl:grid-cols-[1.25fr_1.25fr_1fr_1fr_1fr_1fr_1fr]">
        <Kpi
          label="Cost"
          className="col-span-3 sm:col-span-2 xl:col-span-1"
          value={totals && formatCost(totals.cost_usd)}
          title={formatExactCost(totals?.cost_usd)}
          detail={totals && <LeftOut gaps={toGaps(totals)} />}
        />
        <Kpi
          label="Tokens"
          className="col-span-3 sm:col-span-2 xl:col-span-1"
          value={totals && formatCount(totals.total_tokens)}
          title={formatInteger(totals?.total_tokens)}
          detail={
            totals && `${formatCount(totals.prompt_tokens)} in · ${formatCount(totals.completion_tokens)} out`
          }
        />
        <Kpi
          label="Requests"
          className="col-span-3 sm:col-span-1 xl:col-span-1"
          value={totals && formatCount(totals.requests)}
          title={formatInteger(totals?.requests)}
          detail="model calls"
        />
        <Kpi
          label="Error rate"
          className="col-span-3 sm:col-span-1 xl:col-span-1"
          value={totals && formatPercent(totals.error_rate)}
          detail={totals && <Errors count={totals.errors} />}
        />
        {(["p50", "p95", "p99"] as const).map((percentile) => (
          <Kpi
            key={percentile}
            label={`Latency ${percentile}`}
            className="col-span-2 xl:col-span-1"
            value={totals && formatDuration(totals.latency_ms[percentile])}
            title={formatRelativeError(relativeError)}
            detail={DETAILS[percentile]}
          />
        ))}
      </dl>
    </section>
  );
}

const DETAILS = { p50: "half are faster", p95: "1 in 20 is slower", p99: "1 in 100 is slower" };

function Errors({ count }: { count: number }) {
  const toHref = useHref();
  if (count === 0) return "no errors";
  return (
    <Link
      href={toHref("/spans", { filter: FIGURES.errors })}
      prefetch={false}
      className="text-danger underline underline-offset-2"
    >
      {formatQuantity(count, "error")}
    </Link>
  );
}

function LeftOut({ gaps }: { gaps: Gaps }) {
  const words = describeGaps(gaps);
  if (words === null) return "all priced";
  return (
    <a href="#models" title={words} className="text-warning underline underline-offset-2">
      {words}
    </a>
  );
}

interface KpiProps {
  label: string;
  value: string | undefined;
  detail: ReactNode;
  title?: string;
  className?: string;
}

function Kpi({ label, value, detail, title, className }: KpiProps) {
  return (
    <div className={cn("min-w-0 bg-surface px-4 py-3", className)}>
      <dt className="text-xs text-muted">{label}</dt>
      <dd
        title={title}
        className="mt-0.5 h-7 truncate text-xl/7 font-semibold tracking-tight tabular-nums"
      >
        {value ?? <Skeleton className="mt-1 h-5 w-20" />}
      </dd>
      <dd className="line-clamp-2 h-8 text-2xs/4 text-muted tabular-nums">
        {value === undefined ? null : detail}
      </dd>
    </div>
  );
}
