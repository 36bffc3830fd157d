"use client";

import { useState, type FormEvent } from "react";

import { Button } from "@/components/ui/button";
import { DialogActions } from "@/components/ui/dialog";
import { ErrorCard } from "@/components/ui/error-card";
import { CheckField, SelectField, TextField } from "@/components/ui/field";

import type { Scope } from "../api";
import { EMPTY_KEY, findKeyProblems, LIFETIMES, SCOPES, type KeyForm, type Lifetime } from "../lib/new-key";

interface NewKeyFormProps {
  pending: boolean;
  error: Error | null;
  onSubmit: (form: KeyForm) => void;
}

const LIFETIME_NAMES = Object.keys(LIFETIMES) as Lifetime[];

export function NewKeyForm({ pending, error, onSubmit }: NewKeyFormProps) {
  const [form, setForm] = useState(EMPTY_KEY);
  const [checked, setChecked] = useState(false);
  const problems = checked ? findKeyProblems(form) : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (Object.keys(findKeyProblems(form)).length === 0) onSubmit(form);
  };
  const change = (changed: Partial<KeyForm>) => setForm({ ...form, ...changed });
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      <TextField
        label="Name"
        autoFocus
        value={form.name}
        problem={problems.name ?? null}
        placeholder="checkout service"
        onChange={(event) => change({ name: event.target.value })}
      />
      <Scopes scopes={form.scopes} problem={problems.scopes} onChange={(scopes) => change({ scopes })} />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Environment"
          value={form.environment}
          problem={problems.environment ?? null}
          hint="A word in the key itself: live, staging."
          onChange={(event) => change({ environment: event.target.value })}
        />
        <SelectField
          label="Expires"
          value={form.lifetime}
          onChange={({ target }) => change({ lifetime: LIFETIME_NAMES.find((name) => name === target.value) ?? "never" })}
        >
          {LIFETIME_NAMES.map((name) => (
            <option key={name} value={name}>
              {LIFETIMES[name].label}
            </option>
          ))}
        </SelectField>
      </div>
      {error ? <ErrorCard title="The key was not made" error={error} /> : null}
      <DialogActions>
        <Button type="submit" variant="solid" disabled={pending} aria-busy={pending}>
          {pending ? "Making the key…" : "Make key"}
        </Button>
      </DialogActions>
    </form>
  );
}

interface ScopesProps {
  scopes: Scope[];
  problem: string | undefined;
  onChange: (scopes: Scope[]) => void;
}

function Scopes({ scopes, problem, onChange }: ScopesProps) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-xs font-medium">The key may</legend>
      {SCOPES.map(({ scope, label, hint }) => (
        <CheckField
          key={scope}
          label={label}
          hint={hint}
          checked={scopes.includes(scope)}
          onChange={({ target }) =>
            onChange(target.checked ? [...scopes, scope] : scopes.filter((each) => each !== scope))
          }
        />
      ))}
      {problem ? (
        <p role="alert" className="text-2xs text-danger">
          {problem}
        </p>
      ) : null}
    </fieldset>
  );
}
