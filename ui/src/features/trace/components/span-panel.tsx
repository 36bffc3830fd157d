"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleX } from "lucide-react";

import { CopyButton } from "@/components/ui/copy-button";
import { ForeignText } from "@/components/ui/foreign-text";
import { StatusBadge } from "@/components/ui/status-badge";
import type { Body } from "@/lib/api";
import { spell } from "@/lib/foreign-text";
import { formatDuration, UNKNOWN } from "@/lib/format";
import { toLook } from "@/lib/operations";
import { explainMisdated, explainRepair } from "@/lib/reasons";
import { formatLocalTime, formatUtcTime } from "@/lib/time";
import { useTenant } from "@/lib/use-tenant";

import { spanQuery } from "../api";
import type { TreeRow } from "../lib/tree";
import { AttributesSection } from "./attributes-section";
import { ContentSection } from "./content-section";
import { EvaluationsSection } from "./evaluations-section";
import { Line, Section } from "./panel-parts";
import { SumsSection } from "./sums-section";
import { UsageSection } from "./usage-section";

interface SpanPanelProps {
  row: TreeRow;
  /** Of the whole trace. */
  evaluations: Body<"Evaluation">[];
}

/** All that is stored of one span. */
export function SpanPanel({ row, evaluations }: SpanPanelProps) {
  const span = useDetails(row.span);
  const { Icon, color } = toLook(span.operation);
  return (
    <>
      <div className="sticky top-0 z-10 border-b bg-surface px-4 py-2.5">
        <div className="flex items-center gap-2">
          <Icon aria-hidden className="size-4 shrink-0" style={{ color }} />
          <h2 className="truncate font-medium" title={spell(span.name)}>
            <ForeignText text={span.name} />
          </h2>
          <span className="ml-auto">
            <StatusBadge status={span.status} />
          </span>
        </div>
        <p className="flex items-center gap-1 text-2xs text-muted">
          <code className="font-mono">{span.span_id}</code>
          <CopyButton text={span.span_id} what="span id" className="-my-1" />
        </p>
      </div>
      {span.status === "error" ? <ErrorSection span={span} /> : null}
      <Warnings span={span} />
      <OverviewSection span={span} />
      <TagsSection tags={span.tags} />
      {hasUsage(span) ? <UsageSection span={span} /> : null}
      {row.calls > 0 && !span.counted ? <SumsSection row={row} /> : null}
      <EvaluationsSection
        title="Evaluations"
        evaluations={evaluations.filter(({ span_id: subject }) => subject === span.span_id)}
      />
      <EvaluationsSection
        title="Evaluations of the trace"
        evaluations={evaluations.filter(({ span_id: subject }) => subject === null)}
      />
      <ContentSection span={span} />
      <AttributesSection attributes={span.attributes} />
    </>
  );
}

/** A span whose content and attributes its trace had no room for is asked for by itself. */
function useDetails(span: Body<"SpanDetail">): Body<"SpanDetail"> {
  const tenant = useTenant();
  const query = spanQuery(tenant, span.trace_id, span.span_id);
  const { data } = useQuery({ ...query, enabled: tenant !== null && span.truncated });
  return data ?? span;
}

function hasUsage(span: Body<"SpanDetail">): boolean {
  return span.counted || span.total_tokens !== null || span.usage_uncounted !== null;
}

function ErrorSection({ span }: { span: Body<"SpanDetail"> }) {
  return (
    <section aria-label="Error" className="flex gap-2 border-b bg-danger-soft px-4 py-3 text-danger">
      <CircleX aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 text-xs wrap-anywhere">
        <h3 className="font-medium">
          <ForeignText text={span.error_type ?? "Error"} />
        </h3>
        <p>
          <ForeignText text={span.status_message ?? "No message was recorded."} form="prose" />
        </p>
      </div>
    </section>
  );
}

/** What is wrong with the span's times, and what had to be changed for it to be stored. */
function Warnings({ span }: { span: Body<"SpanDetail"> }) {
  const told = span.attributes["llm_observe.repairs"];
  const repairs = Array.isArray(told) ? told.filter((repair) => typeof repair === "string") : [];
  const lines = [
    ...(span.misdated === null
      ? []
      : [`Its times are impossible, ${explainMisdated(span.misdated)}: it is in no sum.`]),
    ...repairs.map(explainRepair),
  ];
  return lines.length === 0 ? null : (
    <Section title="Put right">
      <ul className="flex list-disc flex-col gap-0.5 pl-4 text-xs text-muted">
        {lines.map((line) => (
          <li key={line}>
            <ForeignText text={line} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function OverviewSection({ span }: { span: Body<"SpanDetail"> }) {
  return (
    <Section title="Overview">
      <dl>
        <Line label="Duration">{formatDuration(span.duration_ms)}</Line>
        {span.counted ? (
          <Line label="Time to first token">{formatDuration(span.time_to_first_token_ms)}</Line>
        ) : null}
        <Line label="Started" title={formatUtcTime(span.start_time)}>
          {formatLocalTime(span.start_time)}
        </Line>
        <Line label="Started, UTC">{formatUtcTime(span.start_time)}</Line>
        <Line label="Operation">
          <ForeignText text={span.operation ?? UNKNOWN} />
        </Line>
        <Optional label="Provider" value={span.provider} />
        <Optional label="Model" value={span.model} />
        {span.response_model !== span.model ? (
          <Optional label="Answered by" value={span.response_model} />
        ) : null}
        <Optional label="Agent" value={span.agent_name} />
        <Optional label="Tool" value={span.tool_name} />
        <Optional label="Instrumentation" value={span.instrumentation} />
        <Optional label="Service" value={span.service_name} />
        <Optional label="Environment" value={span.environment} />
        <Optional label="Session" value={span.session_id} />
        <Optional label="User" value={span.user_id} />
        <Optional label="Customer" value={span.customer_id} />
        <Optional label="Release" value={span.release} />
        <Optional label="Prompt" value={span.prompt_name} />
        <Optional label="Prompt's version" value={span.prompt_version} />
        <Optional label="Kind" value={span.kind} />
      </dl>
    </Section>
  );
}

/** The application's own words, by key. */
function TagsSection({ tags }: { tags: Record<string, string> | null }) {
  const told = Object.entries(tags ?? {}).toSorted(([one], [other]) => (one < other ? -1 : 1));
  if (told.length === 0) return null;
  return (
    <Section title="Tags">
      <dl>
        {told.map(([key, text]) => (
          <Line key={key} label={spell(key)}>
            <ForeignText text={text} />
          </Line>
        ))}
      </dl>
    </Section>
  );
}

function Optional({ label, value }: { label: string; value: string | null }) {
  return value === null ? null : (
    <Line label={label}>
      <ForeignText text={value} />
    </Line>
  );
}
