"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { Button } from "@/components/ui/button";
import { ErrorCard } from "@/components/ui/error-card";
import { TextField } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { useAction } from "@/lib/use-action";

import { retentionQuery, setRetention, type Retention, type RetentionStatus } from "../api";
import { deletesMore, findDaysProblems, toForm, toRetention } from "../lib/retention";

interface RetentionFormProps {
  tenant: string;
  status: RetentionStatus;
}

export function RetentionForm({ tenant, status }: RetentionFormProps) {
  const queryClient = useQueryClient();
  const [form, setForm] = useState(() => toForm(status));
  const problems = findDaysProblems(form);
  const whole = Object.keys(problems).length === 0;
  const { start, isPending, error, data } = useAction({
    run: (wanted: Retention) => setRetention(tenant, wanted),
    onDone: () => void queryClient.invalidateQueries(retentionQuery(tenant)),
  });
  const saved = toForm(status);
  const changed = form.spans !== saved.spans || form.contents !== saved.contents;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (whole && changed) start(toRetention(form));
  };
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      <div className="grid max-w-lg gap-4 sm:grid-cols-2">
        <TextField
          label="Days that spans are kept"
          inputMode="numeric"
          placeholder="for good"
          hint="Empty keeps them for good."
          value={form.spans}
          problem={problems.spans ?? null}
          onChange={(event) => setForm({ ...form, spans: event.target.value })}
        />
        <TextField
          label="Days that contents are kept"
          inputMode="numeric"
          placeholder="as long as their spans"
          hint="Empty keeps them as long as their spans."
          value={form.contents}
          problem={problems.contents ?? null}
          onChange={(event) => setForm({ ...form, contents: event.target.value })}
        />
      </div>
      {whole && changed && deletesMore(status, toRetention(form)) ? (
        <Notice tone="warning">Saving deletes what is older, with the next run. Nothing brings it back.</Notice>
      ) : null}
      {error ? <ErrorCard title="The retention was not changed" error={error} /> : null}
      <div className="flex items-center gap-3">
        <Button type="submit" variant="solid" disabled={!whole || !changed || isPending} aria-busy={isPending}>
          {isPending ? "Saving…" : "Save"}
        </Button>
        <p role="status" className="text-xs text-muted">
          {data && !changed && !isPending ? "Saved." : ""}
        </p>
      </div>
    </form>
  );
}
