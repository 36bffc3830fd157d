"use client";

import { useQuery } from "@tanstack/react-query";
import { UserPlus, Users } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { Failure } from "@/components/ui/failure";
import { formatQuantity } from "@/lib/format";
import { useTenant } from "@/lib/use-tenant";

import { membersQuery, type Member } from "../api";
import { InvitationList } from "./invitation-list";
import { InviteDialog } from "./invite-dialog";
import { MemberTable } from "./member-table";
import { RemoveDialog } from "./remove-dialog";

/** The people who may come in, and what each may do. */
export function Members() {
  const tenant = useTenant();
  const [leaving, setLeaving] = useState<Member | null>(null);
  const [inviting, setInviting] = useState(false);
  const { data, error, refetch } = useQuery(membersQuery(tenant));
  if (error && !data) return <Failure title="The members can't be loaded" error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <Card aria-labelledby="members-title" className="overflow-hidden">
        <CardHeader
          id="members-title"
          title="Members"
          note={data ? formatQuantity(data.members.length, "member") : null}
          action={
            <Button variant="solid" disabled={tenant === null} onClick={() => setInviting(true)}>
              <UserPlus aria-hidden /> Invite
            </Button>
          }
        />
        {data?.members.length === 0 ? (
          <EmptyState icon={<Users aria-hidden />} title="Nobody is a member of this tenant">
            <p>Only keys and, on your own machine, development mode open it. Invite somebody.</p>
          </EmptyState>
        ) : (
          <MemberTable tenant={tenant ?? ""} members={data?.members} onRemove={setLeaving} />
        )}
      </Card>
      {tenant ? <InvitationList key={tenant} tenant={tenant} invitations={data?.invitations ?? []} /> : null}
      {inviting && tenant ? <InviteDialog tenant={tenant} onClose={() => setInviting(false)} /> : null}
      {leaving && tenant ? <RemoveDialog tenant={tenant} member={leaving} onClose={() => setLeaving(null)} /> : null}
    </>
  );
}
