"use client";

import { useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";

import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { ErrorCard } from "@/components/ui/error-card";
import { ForeignText } from "@/components/ui/foreign-text";
import { Moment } from "@/components/ui/moment";
import { spell } from "@/lib/foreign-text";
import { useAction } from "@/lib/use-action";

import { membersQuery, takeBack, type Invitation } from "../api";

interface InvitationListProps {
  tenant: string;
  invitations: Invitation[];
}

/** Invitations that nobody has accepted yet. */
export function InvitationList({ tenant, invitations }: InvitationListProps) {
  const queryClient = useQueryClient();
  const { start, isPending, error } = useAction({
    run: (invitationId: string) => takeBack(tenant, invitationId),
    onDone: () => void queryClient.invalidateQueries(membersQuery(tenant)),
  });
  if (invitations.length === 0) return null;
  return (
    <Card aria-labelledby="invitations-title">
      <CardHeader id="invitations-title" title="Open invitations" />
      <ul className="mt-2">
        {invitations.map((invitation) => {
          const name = invitation.email ?? "Whoever has the link";
          return (
            <li key={invitation.invitation_id} className="flex items-center gap-3 border-t px-4 py-2">
              <div className="min-w-0 flex-1">
                <p className="truncate font-medium">
                  <ForeignText text={name} />
                </p>
                <p className="text-2xs text-muted">
                  as {invitation.role}, until <Moment iso={invitation.expires_at} />
                </p>
              </div>
              <Button
                variant="ghost"
                size="icon"
                title="Take back"
                aria-label={`Take back the invitation of ${spell(name)}`}
                disabled={isPending}
                onClick={() => start(invitation.invitation_id)}
              >
                <X aria-hidden />
              </Button>
            </li>
          );
        })}
      </ul>
      {error ? <ErrorCard title="The invitation was not taken back" error={error} className="m-4" /> : null}
    </Card>
  );
}
