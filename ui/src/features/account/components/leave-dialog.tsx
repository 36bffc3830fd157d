"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Dialog, DialogActions } from "@/components/ui/dialog";
import { ErrorCard } from "@/components/ui/error-card";
import { CheckField } from "@/components/ui/field";
import { meQuery } from "@/lib/me";
import { notify } from "@/lib/notify";
import { useAction } from "@/lib/use-action";

import { leave } from "../api";

interface LeaveDialogProps {
  tenant: string;
  onClose: () => void;
}

export function LeaveDialog({ tenant, onClose }: LeaveDialogProps) {
  const queryClient = useQueryClient();
  const [revoked, setRevoked] = useState(true);
  const { start, isPending, error } = useAction({
    run: (keys: "revoke" | "keep") => leave(tenant, keys),
    onDone: () => {
      void notify("info", `You left ${tenant}`, "Only a new invitation leads back.");
      // Nothing of that tenant stays in memory.
      queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey.includes(tenant) });
      void queryClient.invalidateQueries(meQuery);
      onClose();
    },
  });
  return (
    <Dialog title={`Leave ${tenant}?`} onClose={onClose}>
      <p className="text-muted">You see and change nothing of it from now on. Only a new invitation leads back.</p>
      <CheckField
        label="Revoke the keys of your making, too"
        hint="An application that still uses one is refused at once."
        checked={revoked}
        onChange={({ target }) => setRevoked(target.checked)}
      />
      {error ? <ErrorCard title="You did not leave" error={error} /> : null}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="danger" disabled={isPending} aria-busy={isPending} onClick={() => start(revoked ? "revoke" : "keep")}>
          {isPending ? "Leaving…" : "Leave"}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
