"use client";

import { Search } from "lucide-react";
import { useState, type FormEvent } from "react";

import { cn } from "@/lib/class-names";
import { spell } from "@/lib/foreign-text";

import { isTraceId } from "../search-params";

interface TraceIdFieldProps {
  value: string | null;
  onChange: (value: string | null) => void;
}

/** Looks for one trace by its whole id; a pasted id is taken at once. */
export function TraceIdField({ value, onChange }: TraceIdFieldProps) {
  const [text, setText] = useState(spell(value ?? ""));
  const [shown, setShown] = useState(value);
  if (shown !== value) {
    setShown(value);
    setText(spell(value ?? ""));
  }
  const malformed = text !== "" && !isTraceId(text);
  const edit = (next: string) => {
    setText(next);
    if (isTraceId(next)) onChange(next);
    else if (next === "") onChange(null);
  };
  return (
    <form role="search" onSubmit={(event: FormEvent) => event.preventDefault()} className="relative">
      <Search aria-hidden className="pointer-events-none absolute top-1.75 left-2 size-3.5 text-muted" />
      <input
        aria-label="Trace id"
        aria-invalid={malformed}
        title="The whole id: 32 hexadecimal characters"
        placeholder="Trace id"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => edit(event.target.value.trim().toLowerCase())}
        className={cn(
          "h-7 w-44 rounded-md border border-border-strong bg-surface pr-2 pl-7 font-mono text-xs shadow-card placeholder:font-sans placeholder:text-muted",
          malformed && "border-danger",
        )}
      />
      {malformed ? (
        <p role="status" className="absolute top-full left-0 z-10 mt-1 rounded bg-danger-soft px-1.5 text-2xs whitespace-nowrap text-danger">
          {text.length} of 32 hexadecimal characters
        </p>
      ) : null}
    </form>
  );
}
