"use client";

import { ForeignText } from "@/components/ui/foreign-text";
import { Notice } from "@/components/ui/notice";
import { cn } from "@/lib/class-names";
import { formatQuantity } from "@/lib/format";

import type { Trial, TriedSpan } from "../api";
import { compare } from "../lib/trial";

const MOST_SHOWN = 20;

export function TrialOutcome({ trial: { without, withRules } }: { trial: Trial }) {
  const before = new Map(without.spans.map((span) => [span.span_id, span]));
  const left = withRules.spans.length - MOST_SHOWN;
  return (
    <div role="status" className="flex flex-col gap-3">
      {withRules.rejected_spans > 0 ? (
        <Notice tone="warning">
          {formatQuantity(withRules.rejected_spans, "span")} could never be stored:{" "}
          <ForeignText text={withRules.rejection_reasons} form="prose" />
        </Notice>
      ) : null}
      {withRules.spans.slice(0, MOST_SHOWN).map((span) => (
        <SpanTable key={span.span_id} before={before.get(span.span_id)} after={span} />
      ))}
      {left > 0 ? <p className="text-xs text-muted">{formatQuantity(left, "more span")}, not shown.</p> : null}
    </div>
  );
}

function SpanTable({ before, after }: { before: TriedSpan | undefined; after: TriedSpan }) {
  return (
    <div className="overflow-x-auto rounded-md border" tabIndex={0} role="group" aria-label={`What becomes of ${after.span_id}`}>
      <table className="w-full text-xs tabular-nums">
        <caption className="border-b px-3 py-1.5 text-left font-medium">
          <ForeignText text={after.name} />
        </caption>
        <thead className="text-muted">
          <tr className="text-left [&>th]:px-3 [&>th]:py-1 [&>th]:font-normal">
            <th scope="col">Column</th>
            <th scope="col">Without rules</th>
            <th scope="col">With these rules</th>
          </tr>
        </thead>
        <tbody>
          {compare(before, after).map(({ name, before: was, after: is, changed }) => (
            <tr key={name} className="border-t [&>td]:px-3 [&>td]:py-1">
              <th scope="row" className="px-3 py-1 text-left font-normal text-muted">
                <ForeignText text={name} />
              </th>
              <td className="font-mono text-muted">
                <ForeignText text={was} />
              </td>
              <td className={cn("font-mono", changed && "font-medium text-success")}>
                <ForeignText text={is} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
