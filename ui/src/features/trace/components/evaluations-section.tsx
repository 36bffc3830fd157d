import { ForeignText } from "@/components/ui/foreign-text";
import type { Body } from "@/lib/api";
import { spell } from "@/lib/foreign-text";

import { Line, Section } from "./panel-parts";

const SCORE = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });

interface EvaluationsSectionProps {
  title: string;
  evaluations: Body<"Evaluation">[];
}

/** Findings about a span or a trace: a score, a label, and the reason where content is captured. */
export function EvaluationsSection({ title, evaluations }: EvaluationsSectionProps) {
  if (evaluations.length === 0) return null;
  return (
    <Section title={title}>
      <dl>
        {evaluations.map(({ name, score, label, explanation }, index) => (
          <div key={index} className="border-t py-1 first:border-t-0">
            <Line label={spell(name)}>
              {score === null ? null : SCORE.format(score)} {label === null ? null : <ForeignText text={label} />}
            </Line>
            {explanation === null ? null : (
              <dd className="text-2xs wrap-anywhere text-muted">
                <ForeignText text={explanation} form="prose" />
              </dd>
            )}
          </div>
        ))}
      </dl>
    </Section>
  );
}
