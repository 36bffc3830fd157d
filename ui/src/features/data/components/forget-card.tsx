"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { ErrorCard } from "@/components/ui/error-card";
import { TextField } from "@/components/ui/field";
import { useAction } from "@/lib/use-action";

import type { Receipt } from "../api";
import { ReceiptNote } from "./receipt-note";

interface ForgetCardProps {
  id: string;
  title: string;
  text: ReactNode;
  label: string;
  hint?: string;
  button: string;
  /** Why the typed id is not taken, or null. */
  check: (typed: string) => string | null;
  forget: (typed: string) => Promise<Receipt>;
  disabled?: boolean;
}

/** A deletion that asks for the id of what goes, and shows its receipt. */
export function ForgetCard({ id, title, text, label, hint, button, check, forget, disabled = false }: ForgetCardProps) {
  const queryClient = useQueryClient();
  const [typed, setTyped] = useState("");
  const { start, isPending, error, data, reset } = useAction({
    run: forget,
    onDone: () => {
      setTyped("");
      void queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "health" });
    },
  });
  const problem = typed === "" ? null : check(typed);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed !== "" && problem === null) start(typed);
  };
  return (
    <Card aria-labelledby={`${id}-title`}>
      <CardHeader id={`${id}-title`} title={title} />
      <form onSubmit={submit} noValidate className="flex flex-col gap-4 p-4 pt-2">
        <div className="text-muted">{text}</div>
        <TextField
          label={label}
          hint={hint}
          value={typed}
          problem={problem}
          className="max-w-lg [&_input]:font-mono"
          onChange={(event) => {
            setTyped(event.target.value);
            reset();
          }}
        />
        {error ? <ErrorCard title="Nothing was deleted" error={error} /> : null}
        {data ? <ReceiptNote receipt={data} /> : null}
        <div>
          <Button
            type="submit"
            variant="danger"
            disabled={disabled || typed === "" || problem !== null || isPending}
            aria-busy={isPending}
          >
            {isPending ? "Deleting…" : button}
          </Button>
        </div>
      </form>
    </Card>
  );
}
