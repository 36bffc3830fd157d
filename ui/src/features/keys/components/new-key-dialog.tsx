"use client";

import { useQueryClient } from "@tanstack/react-query";

import { Dialog } from "@/components/ui/dialog";
import { useAction } from "@/lib/use-action";

import { createKey } from "../api";
import { toNewKey, type KeyForm } from "../lib/new-key";
import { NewKeyForm } from "./new-key-form";
import { ShownKey } from "./shown-key";

interface NewKeyDialogProps {
  tenant: string;
  onClose: () => void;
}

export function NewKeyDialog({ tenant, onClose }: NewKeyDialogProps) {
  const queryClient = useQueryClient();
  const { start, isPending, error, data } = useAction({
    run: (form: KeyForm) => createKey(tenant, toNewKey(form, Date.now())),
    onDone: () => void queryClient.invalidateQueries({ queryKey: ["keys", tenant] }),
  });
  return (
    <Dialog title={data ? `Key ${data.name}` : "New key"} dismissible={data === undefined} onClose={onClose}>
      {data ? (
        <ShownKey made={data} onDone={onClose} />
      ) : (
        <NewKeyForm pending={isPending} error={error} onSubmit={start} />
      )}
    </Dialog>
  );
}
