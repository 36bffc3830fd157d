"use client";

import { X } from "lucide-react";

import { Button } from "@/components/ui/button";
import { TextField } from "@/components/ui/field";

import type { Draft, RowProblems } from "../lib/drafts";
import { FieldChoice } from "./field-choice";

interface RuleRowProps {
  number: number;
  draft: Draft;
  problems: RowProblems | undefined;
  onChange: (draft: Draft) => void;
  onRemove: () => void;
}

export function RuleRow({ number, draft, problems, onChange, onRemove }: RuleRowProps) {
  return (
    <li
      aria-label={`Rule ${number}`}
      className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-2 border-t px-4 py-2.5 sm:grid-cols-[minmax(0,3fr)_minmax(0,3fr)_minmax(0,2fr)_auto]"
    >
      <TextField
        label="Attribute"
        className="[&_input]:font-mono"
        placeholder="acme.model"
        value={draft.attribute}
        problem={problems?.attribute ?? null}
        onChange={(event) => onChange({ ...draft, attribute: event.target.value })}
      />
      <Button variant="ghost" size="icon" aria-label={`Remove rule ${number}`} title="Remove" className="mt-6 sm:order-last" onClick={onRemove}>
        <X aria-hidden />
      </Button>
      <FieldChoice
        field={draft.field}
        problem={problems?.field ?? null}
        onChange={(field) => onChange({ ...draft, field })}
      />
      <TextField
        label="With"
        className="col-span-2 sm:col-span-1"
        placeholder="its own value"
        value={draft.value}
        problem={problems?.value ?? null}
        onChange={(event) => onChange({ ...draft, value: event.target.value })}
      />
    </li>
  );
}
