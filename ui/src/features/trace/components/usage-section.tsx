import { ForeignText } from "@/components/ui/foreign-text";
import type { Body } from "@/lib/api";
import { formatCost, formatExactCost, formatInteger } from "@/lib/format";
import { explainUncounted, explainUnknown } from "@/lib/reasons";

import { Line, Section } from "./panel-parts";

/** Tokens, what they cost, and which price row says so. */
export function UsageSection({ span }: { span: Body<"SpanDetail"> }) {
  return (
    <Section title="Tokens and cost">
      <dl>
        <Line label="Input tokens">{formatInteger(span.prompt_tokens)}</Line>
        {span.cache_read_tokens ? (
          <Line label="· of these from cache" className="text-muted">
            {formatInteger(span.cache_read_tokens)}
          </Line>
        ) : null}
        <Line label="Output tokens">{formatInteger(span.completion_tokens)}</Line>
        {span.reasoning_tokens ? (
          <Line label="· of these reasoning" className="text-muted">
            {formatInteger(span.reasoning_tokens)}
          </Line>
        ) : null}
        <Line label="Total tokens" className="font-medium">
          {formatInteger(span.total_tokens)}
        </Line>
        <Line label="Cost" className="font-medium" title={formatExactCost(span.cost_usd)}>
          {formatCost(span.cost_usd)}
        </Line>
        {span.cost_usd === null && span.cost_min_usd !== null && span.cost_max_usd !== null ? (
          <Line
            label="· between"
            className="text-muted"
            title={`${formatExactCost(span.cost_min_usd)} and ${formatExactCost(span.cost_max_usd)}`}
          >
            {formatCost(span.cost_min_usd)} and {formatCost(span.cost_max_usd)}
          </Line>
        ) : null}
        {span.price_id ? (
          <Line label="Price" className="font-mono text-2xs/4">
            <ForeignText text={span.price_id} />
          </Line>
        ) : null}
        {span.price_source ? (
          <Line label="Price source">
            <ForeignText text={span.price_source} />
          </Line>
        ) : null}
      </dl>
      <Remark span={span} />
    </Section>
  );
}

function Remark({ span }: { span: Body<"SpanDetail"> }) {
  const remarks = [
    explain(span),
    span.possible_duplicate
      ? "It may be counted twice: another span may tell of the same call, which is not proven."
      : null,
  ];
  return remarks.map((remark) =>
    remark === null ? null : (
      <p key={remark} className="mt-2 rounded-md bg-hover px-2.5 py-1.5 text-xs text-muted">
        <ForeignText text={remark} />
      </p>
    ),
  );
}

function explain(span: Body<"SpanDetail">): string | null {
  if (span.usage_uncounted !== null) {
    return `Usage, not counted: ${explainUncounted(span.usage_uncounted)}.`;
  }
  if (!span.counted) return "Not in any sum: its model calls, or a span that says more of the same call, are counted in its place.";
  if (span.unknown_because !== null) return explainUnknown(span.unknown_because);
  if (span.unmeasured) return "The provider reported no usage, so tokens and cost are unknown.";
  if (span.unpriced) return `No price is known for ${span.model ?? "this model"}. Unknown is not free.`;
  if (span.total_tokens === null) return "The call failed before any usage was reported.";
  return null;
}
