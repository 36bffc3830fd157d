"use client";

import { Fragment, type ReactNode } from "react";

import { RefreshControls } from "@/components/shell/view-controls";
import { ForeignText } from "@/components/ui/foreign-text";
import { GeneratedBadge } from "@/components/ui/generated-badge";
import { Moment } from "@/components/ui/moment";
import { Skeleton } from "@/components/ui/skeleton";
import { StatusBadge } from "@/components/ui/status-badge";
import type { Body } from "@/lib/api";
import { cn } from "@/lib/class-names";
import {
  formatCost,
  formatCount,
  formatDuration,
  formatExactCost,
  formatInteger,
  UNKNOWN,
} from "@/lib/format";
import { describeGaps, toGaps } from "@/lib/gaps";
import { spell } from "@/lib/foreign-text";

/** Undefined while loading. */
export function TraceHeader({ trace }: { trace: Body<"TraceSummary"> | undefined }) {
  return (
    <section aria-label="Trace totals" className="border-b bg-surface px-4 py-3 lg:px-6">
      <div className="flex min-h-7 flex-wrap items-center gap-2">
        <div className="truncate text-base font-semibold tracking-tight">
          {trace ? (
            <ForeignText text={trace.root_span_name ?? "Trace without a root span"} />
          ) : (
            <Skeleton className="h-5 w-64" />
          )}
        </div>
        {trace ? <StatusBadge status={trace.status} /> : null}
        {trace?.generated ? <GeneratedBadge /> : null}
        {trace ? <Context trace={trace} /> : null}
        <div className="ml-auto">
          <RefreshControls />
        </div>
      </div>
      <dl className="mt-2 flex min-h-10 flex-wrap gap-x-8 gap-y-2">
        {trace ? <Facts trace={trace} /> : <Skeleton className="h-9 w-full max-w-3xl" />}
      </dl>
    </section>
  );
}

function Facts({ trace }: { trace: Body<"TraceSummary"> }) {
  const leftOut = describeGaps(toGaps(trace));
  return (
    <>
      <Fact label="Started">
        <Moment iso={trace.start_time} />
      </Fact>
      <Fact label="Duration">{formatDuration(trace.duration_ms)}</Fact>
      <Fact label="Cost" title={formatExactCost(trace.total_cost_usd)} testId="trace-cost">
        {formatCost(trace.total_cost_usd)}
        {leftOut !== null ? (
          <span className="ml-1.5 text-2xs font-normal text-warning">{leftOut}</span>
        ) : null}
      </Fact>
      <Fact label="Tokens" title={formatInteger(trace.total_tokens)} testId="trace-tokens">
        {formatCount(trace.total_tokens)}
        <span className="ml-1.5 text-2xs font-normal text-muted">
          {formatCount(trace.prompt_tokens)} in · {formatCount(trace.completion_tokens)} out
        </span>
      </Fact>
      <Fact label="Model calls">{formatCount(trace.requests)}</Fact>
      <Fact
        label="Failed spans"
        title={spell(trace.error_types.join(", "))}
        className={trace.error_count > 0 ? "text-danger" : ""}
      >
        {formatCount(trace.error_count)}
      </Fact>
      <Fact label={trace.models.length === 1 ? "Model" : "Models"} title={spell(trace.models.join(", "))}>
        {trace.models.length === 0 ? UNKNOWN : <List texts={trace.models} separator=", " />}
      </Fact>
    </>
  );
}

/** The trace's environment, session, user and customer, where they are known. */
function Context({ trace }: { trace: Body<"TraceSummary"> }) {
  const known = [
    trace.environment,
    trace.session_id === null ? null : `session ${trace.session_id}`,
    trace.user_id === null ? null : `user ${trace.user_id}`,
    trace.customer_id === null ? null : `customer ${trace.customer_id}`,
  ].filter((text) => text !== null);
  return (
    <p className="truncate text-xs text-muted">
      <List texts={known} separator=" · " />
    </p>
  );
}

/** Each name by itself, so that a right-to-left one does not move its neighbours. */
function List({ texts, separator }: { texts: readonly string[]; separator: string }) {
  return texts.map((text, index) => (
    <Fragment key={index}>
      {index > 0 ? separator : null}
      <ForeignText text={text} />
    </Fragment>
  ));
}

interface FactProps {
  label: string;
  children: ReactNode;
  title?: string;
  className?: string;
  testId?: string;
}

function Fact({ label, children, title, className, testId }: FactProps) {
  return (
    <div className="min-w-0" data-testid={testId}>
      <dt className="text-2xs text-muted">{label}</dt>
      <dd title={title} className={cn("max-w-72 truncate font-medium tabular-nums", className)}>
        {children}
      </dd>
    </div>
  );
}
