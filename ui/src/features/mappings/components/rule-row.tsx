"use client";

import { X } from "lucide-react";

import { Button } from "@/components/ui/button";
import { SelectField, TextField } from "@/components/ui/field";

import { FIELD_NAMES, FIELDS, GROUPS } from "../lib/fields";
import type { Draft, RowProblems } from "../lib/drafts";

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
      <SelectField
        label="Fills"
        className="col-span-2 sm:col-span-1"
        value={draft.field}
        problem={problems?.field ?? null}
        onChange={({ target }) => onChange({ ...draft, field: FIELD_NAMES.find((name) => name === target.value) ?? draft.field })}
      >
        {GROUPS.map((group) => (
          <optgroup key={group} label={group}>
            {FIELD_NAMES.filter((name) => FIELDS[name].group === group).map((name) => (
              <option key={name} value={name}>
                {FIELDS[name].label}
              </option>
            ))}
          </optgroup>
        ))}
      </SelectField>
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
