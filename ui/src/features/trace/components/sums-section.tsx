import { formatCost, formatExactCost, formatInteger } from "@/lib/format";
import { describeGaps } from "@/lib/gaps";

import type { TreeRow } from "../lib/tree";
import { Line, Section } from "./panel-parts";

/** Sums over the model calls below a span. */
export function SumsSection({ row: { calls, sums } }: { row: TreeRow }) {
  const leftOut = describeGaps(sums);
  return (
    <Section title="Sum of the model calls below">
      <dl>
        <Line label="Model calls">{formatInteger(calls)}</Line>
        <Line label="Tokens">{formatInteger(sums.tokens)}</Line>
        <Line label="Cost" className="font-medium" title={formatExactCost(sums.cost)}>
          {formatCost(sums.cost)}
        </Line>
        {leftOut !== null ? (
          <Line label="Not in it" className="text-warning">
            {leftOut}
          </Line>
        ) : null}
      </dl>
    </Section>
  );
}
