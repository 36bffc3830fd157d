"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { Button } from "@/components/ui/button";
import { Dialog, DialogActions } from "@/components/ui/dialog";
import { ErrorCard } from "@/components/ui/error-card";
import { SelectField } from "@/components/ui/field";
import { ForeignText } from "@/components/ui/foreign-text";
import { useAction } from "@/lib/use-action";

import { rotateKey, type Key } from "../api";
import { ShownKey } from "./shown-key";

const OVERLAPS = [
  { hours: 0, label: "Not at all: it stops now" },
  { hours: 1, label: "One more hour" },
  { hours: 24, label: "One more day" },
  { hours: 72, label: "Three more days" },
] as const;

interface RotateDialogProps {
  tenant: string;
  apiKey: Key;
  onClose: () => void;
}

export function RotateDialog({ tenant, apiKey, onClose }: RotateDialogProps) {
  const queryClient = useQueryClient();
  const [hours, setHours] = useState(24);
  const { start, isPending, error, data } = useAction({
    run: (overlap: number) => rotateKey(tenant, apiKey.key_id, overlap),
    onDone: () => void queryClient.invalidateQueries({ queryKey: ["keys", tenant] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start(hours);
  };
  return (
    <Dialog title={data ? "The new key" : "Rotate this key?"} dismissible={data === undefined} onClose={onClose}>
      {data ? (
        <ShownKey made={data} onDone={onClose} />
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-4">
          <p className="text-muted">
            A new key takes the place of <ForeignText text={apiKey.name} />, with the same rights.
          </p>
          <SelectField label="The old key works" value={hours} onChange={({ target }) => setHours(Number(target.value))}>
            {OVERLAPS.map(({ hours: value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </SelectField>
          {error ? <ErrorCard title="The key was not rotated" error={error} /> : null}
          <DialogActions>
            <Button type="submit" variant="solid" disabled={isPending} aria-busy={isPending}>
              {isPending ? "Rotating…" : "Rotate key"}
            </Button>
          </DialogActions>
        </form>
      )}
    </Dialog>
  );
}
