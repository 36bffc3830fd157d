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
import { meQuery } from "@/lib/me";
import { useAction } from "@/lib/use-action";

import { membersQuery, removeMember, type Member } from "../api";

interface RemoveDialogProps {
  tenant: string;
  member: Member;
  onClose: () => void;
}

export function RemoveDialog({ tenant, member, onClose }: RemoveDialogProps) {
  const queryClient = useQueryClient();
  const [revoked, setRevoked] = useState(true);
  const { start, isPending, error, data } = useAction({
    run: (keys: "revoke" | "keep") => removeMember(tenant, member.user_id, keys),
    onDone: () => {
      void queryClient.invalidateQueries(membersQuery(tenant));
      void queryClient.invalidateQueries(meQuery);
    },
  });
  return (
    <Dialog title={data ? "Taken out" : "Take this person out?"} onClose={onClose}>
      {data ? (
        <Removed removed={data} kept={!revoked} onClose={onClose} />
      ) : (
        <>
          <p className="text-muted">
            <ForeignText text={member.email ?? member.user_id} /> sees and changes nothing of this tenant from now on.
          </p>
          <CheckField
            label="Revoke the keys of their making, too"
            hint="And those that these made in turn."
            checked={revoked}
            onChange={({ target }) => setRevoked(target.checked)}
          />
          {error ? <ErrorCard title="Nobody was taken out" error={error} /> : null}
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button variant="danger" disabled={isPending} aria-busy={isPending} onClick={() => start(revoked ? "revoke" : "keep")}>
              {isPending ? "Taking out…" : "Take out"}
            </Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}

interface RemovedProps {
  removed: Body<"RemovedMember">;
  kept: boolean;
  onClose: () => void;
}

function Removed({ removed: { keys, invitations, members }, kept, onClose }: RemovedProps) {
  return (
    <>
      <Notice tone="success" live>
        <p>This person comes in no more.</p>
        {keys.length > 0 ? (
          <p>
            Keys of their making, {kept ? "which still work" : "revoked with it"}: {keys.map(({ key_id: id }) => id).join(", ")}.
          </p>
        ) : null}
        {invitations.length > 0 ? <p>Taken back with it: {formatQuantity(invitations.length, "open invitation")}.</p> : null}
        {members.length > 0 ? <p>They let in {formatQuantity(members.length, "member")}. That access stays.</p> : null}
      </Notice>
      <DialogActions>
        <Button variant="solid" onClick={onClose}>
          Close
        </Button>
      </DialogActions>
    </>
  );
}
