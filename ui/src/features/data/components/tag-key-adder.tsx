"use client";

import { Plus } from "lucide-react";
import { useState, type FormEvent } from "react";

import { Button } from "@/components/ui/button";
import { TextField } from "@/components/ui/field";
import { ForeignText } from "@/components/ui/foreign-text";
import { formatQuantity } from "@/lib/format";

import type { TagKeysStatus } from "../api";
import { findKeyProblem, MOST_KEYS } from "../lib/tag-keys";

interface TagKeyAdderProps {
  chosen: readonly string[];
  seen: TagKeysStatus["seen"];
  onAdd: (key: string) => void;
}

/** More than a person would look through. */
const MOST_SHOWN = 20;

/** A key that calls have of late is one click away; any other is typed. */
export function TagKeyAdder({ chosen, seen, onAdd }: TagKeyAdderProps) {
  const [typed, setTyped] = useState("");
  const problem = findKeyProblem(typed, chosen);
  const full = chosen.length >= MOST_KEYS;
  const others = seen.filter(({ key }) => !chosen.includes(key)).slice(0, MOST_SHOWN);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() === "" || problem || full) return;
    onAdd(typed.trim());
    setTyped("");
  };
  return (
    <>
      <form onSubmit={submit} noValidate className="flex max-w-sm items-start gap-2">
        <TextField
          label="Another key"
          className="flex-1 [&_input]:font-mono"
          placeholder="plan"
          hint={full ? "Eight are chosen. Remove one to add another." : "As your application tags with it."}
          disabled={full}
          value={typed}
          problem={problem}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button type="submit" className="mt-5 h-8" disabled={full || typed.trim() === "" || problem !== null}>
          <Plus aria-hidden /> Add
        </Button>
      </form>
      {others.length > 0 ? (
        <div role="group" aria-label="Keys on calls of late" className="flex flex-wrap items-center gap-2 text-xs">
          <span className="text-muted">On calls of late:</span>
          {others.map(({ key, calls }) => (
            <Button key={key} disabled={full} title={formatQuantity(calls, "call")} onClick={() => onAdd(key)} className="max-w-full">
              <span className="min-w-0 truncate font-mono">
                <ForeignText text={key} />
              </span>
            </Button>
          ))}
        </div>
      ) : null}
    </>
  );
}
