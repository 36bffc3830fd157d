"use client";

import { Plus } from "lucide-react";

import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { ErrorCard } from "@/components/ui/error-card";
import { formatQuantity } from "@/lib/format";

import { addDraft, MOST_RULES, type Draft, type RowProblems } from "../lib/drafts";
import { RuleRow } from "./rule-row";

interface RulesCardProps {
  drafts: Draft[];
  problems: ReadonlyMap<number, RowProblems>;
  changed: boolean;
  saved: boolean;
  pending: boolean;
  /** A refusal that is about no single rule. */
  error: Error | null;
  onChange: (drafts: Draft[]) => void;
  onSave: () => void;
  onDiscard: () => void;
}

export function RulesCard({ drafts, problems, changed, saved, pending, error, onChange, onSave, onDiscard }: RulesCardProps) {
  return (
    <Card aria-labelledby="rules-title" className="min-w-0">
      <CardHeader id="rules-title" title="Rules" note={formatQuantity(drafts.length, "rule")} />
      <p className="px-4 pb-3 text-muted">
        A rule says what an attribute of your own spans means. Spans that come a minute later are read by it; those stored
        already stay as they are. An attribute of the resource has <code className="font-mono">resource.</code> before it.
      </p>
      {drafts.length === 0 ? (
        <p className="border-t px-4 py-6 text-center text-muted">No rule. Spans of the usual libraries need none.</p>
      ) : (
        <ul>
          {drafts.map((draft, index) => (
            <RuleRow
              key={draft.id}
              number={index + 1}
              draft={draft}
              problems={problems.get(draft.id)}
              onChange={(next) => onChange(drafts.map((each) => (each.id === draft.id ? next : each)))}
              onRemove={() => onChange(drafts.filter((each) => each.id !== draft.id))}
            />
          ))}
        </ul>
      )}
      {error ? <ErrorCard title="The rules were not saved" error={error} className="m-4" /> : null}
      <div className="flex flex-wrap items-center gap-2 border-t px-4 py-3">
        <Button disabled={drafts.length >= MOST_RULES} onClick={() => onChange(addDraft(drafts))}>
          <Plus aria-hidden /> Add rule
        </Button>
        <p role="status" className="ml-auto text-xs text-muted">
          {saved && !changed ? "Saved." : changed ? "Not saved yet." : ""}
        </p>
        {changed ? (
          <Button variant="ghost" onClick={onDiscard}>
            Discard
          </Button>
        ) : null}
        <Button variant="solid" disabled={!changed || pending} aria-busy={pending} onClick={onSave}>
          {pending ? "Saving…" : "Save rules"}
        </Button>
      </div>
    </Card>
  );
}
