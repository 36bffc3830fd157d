"use client";

import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { ErrorCard } from "@/components/ui/error-card";
import { AreaField } from "@/components/ui/field";
import { useAction } from "@/lib/use-action";

import { tryMappings, type Rule } from "../api";
import { EXAMPLE, readPasted } from "../lib/trial";
import { TrialOutcome } from "./trial-outcome";

interface TrialCardProps {
  tenant: string;
  rules: Rule[];
  /** False while a rule is incomplete. */
  ready: boolean;
}

/** A dry run beside the rules, saved or not. */
export function TrialCard({ tenant, rules, ready }: TrialCardProps) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const { start, isPending, error, data } = useAction({ run: (span: object) => tryMappings(tenant, span, rules) });
  const attempt = () => {
    const pasted = readPasted(text);
    setProblem("problem" in pasted ? pasted.problem : null);
    if ("span" in pasted) start(pasted.span);
  };
  return (
    <Card aria-labelledby="trial-title" className="min-w-0">
      <CardHeader
        id="trial-title"
        title="Try them"
        action={
          <Button variant="ghost" onClick={() => setText(EXAMPLE)}>
            Example
          </Button>
        }
      />
      <div className="flex flex-col gap-3 px-4 pb-4">
        <AreaField
          label="A span in OTLP's JSON, or a whole request"
          hint="Nothing of it is stored."
          value={text}
          problem={problem}
          onChange={(event) => {
            setText(event.target.value);
            setProblem(null);
          }}
        />
        <div className="flex items-center gap-2">
          <Button variant="solid" disabled={!ready || isPending} aria-busy={isPending} onClick={attempt}>
            {isPending ? "Trying…" : "Try these rules"}
          </Button>
          {ready ? null : <p className="text-xs text-muted">A rule is incomplete.</p>}
        </div>
        {error ? <ErrorCard title="The span was not read" error={error} /> : null}
        {data && !error ? <TrialOutcome trial={data} /> : null}
      </div>
    </Card>
  );
}
