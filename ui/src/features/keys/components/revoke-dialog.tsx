"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Dialog, DialogActions } from "@/components/ui/dialog";
import { ErrorCard } from "@/components/ui/error-card";
import { CheckField } from "@/components/ui/field";
import { ForeignText } from "@/components/ui/foreign-text";
import { Notice } from "@/components/ui/notice";
import type { Body } from "@/lib/api";
import { formatQuantity } from "@/lib/format";
import { useAction } from "@/lib/use-action";

import { revokeKey, type Key } from "../api";

interface RevokeDialogProps {
  tenant: string;
  apiKey: Key;
  onClose: () => void;
}

export function RevokeDialog({ tenant, apiKey, onClose }: RevokeDialogProps) {
  const queryClient = useQueryClient();
  const [children, setChildren] = useState(true);
  const { start, isPending, error, data } = useAction({
    run: (choice: "revoke" | "keep") => revokeKey(tenant, apiKey.key_id, choice),
    onDone: () => void queryClient.invalidateQueries({ queryKey: ["keys", tenant] }),
  });
  return (
    <Dialog title={data ? "The key is revoked" : "Revoke this key?"} onClose={onClose}>
      {data ? (
        <Revoked revoked={data} kept={!children} onClose={onClose} />
      ) : (
        <>
          <p className="text-muted">
            Whatever uses <ForeignText text={apiKey.name} /> (<code className="font-mono">{apiKey.key_id}</code>) is
            refused from now on. This cannot be undone.
          </p>
          <CheckField
            label="Revoke the keys that it made, too"
            hint="And those that these made in turn."
            checked={children}
            onChange={({ target }) => setChildren(target.checked)}
          />
          {error ? <ErrorCard title="The key was not revoked" error={error} /> : null}
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              variant="danger"
              disabled={isPending}
              aria-busy={isPending}
              onClick={() => start(children ? "revoke" : "keep")}
            >
              {isPending ? "Revoking…" : "Revoke key"}
            </Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}

interface RevokedProps {
  revoked: Body<"RevokedApiKey">;
  kept: boolean;
  onClose: () => void;
}

function Revoked({ revoked: { name, children }, kept, onClose }: RevokedProps) {
  return (
    <>
      <Notice tone="success" live>
        <p>
          <ForeignText text={name} /> is refused from now on.
        </p>
        {children.length === 0 ? (
          <p>No working key was made by it.</p>
        ) : (
          <>
            <p>
              It had made {formatQuantity(children.length, "key")}, {kept ? "which still work" : "revoked with it"}:
            </p>
            <ul className="list-disc pl-4">
              {children.map((child) => (
                <li key={child.key_id}>
                  <ForeignText text={child.name} /> <code className="font-mono">{child.key_id}</code>
                </li>
              ))}
            </ul>
          </>
        )}
      </Notice>
      <DialogActions>
        <Button variant="solid" onClick={onClose}>
          Close
        </Button>
      </DialogActions>
    </>
  );
}
