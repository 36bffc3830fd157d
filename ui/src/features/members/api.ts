import { queryOptions } from "@tanstack/react-query";

import { type Body, callApi, takeLoginStep } from "@/lib/api";

export type Member = Body<"Member">;
export type Role = Member["role"];

/** From the least to the most that a role may do. */
export const ROLES = [
  { role: "viewer", label: "Viewer", hint: "Reads traces and metrics." },
  { role: "member", label: "Member", hint: "Reads, and sends spans." },
  { role: "admin", label: "Admin", hint: "Also keys, members, settings and deletions." },
  { role: "owner", label: "Owner", hint: "Also owners, and the tenant's end." },
] as const satisfies readonly { role: Role; label: string; hint: string }[];

export function membersQuery(tenant: string | null) {
  return queryOptions({
    queryKey: ["members", tenant] as const,
    queryFn: ({ signal }) => callApi<Body<"MemberList">>("members", { tenant: tenant ?? "", signal }),
    enabled: tenant !== null,
  });
}

export interface RoleChange {
  userId: string;
  role: Role;
}

/** Keys that may do more than the new role are revoked. */
export function changeRole(tenant: string, { userId, role }: RoleChange): Promise<Body<"ChangedMember">> {
  return callApi<Body<"ChangedMember">>(`members/${userId}`, { method: "PUT", tenant, body: { role } });
}

export function removeMember(tenant: string, userId: string, keys: "revoke" | "keep"): Promise<Body<"RemovedMember">> {
  return callApi<Body<"RemovedMember">>(`members/${userId}`, { method: "DELETE", tenant, query: { keys } });
}

export type Invitation = Body<"InvitationSummary">;

export interface Invite {
  role: Role;
  /** Null: whoever has the link. */
  email: string | null;
  days: number;
}

export function invite(tenant: string, body: Invite): Promise<Body<"CreatedInvitation">> {
  return callApi<Body<"CreatedInvitation">>("invitations", { method: "POST", tenant, body });
}

/** Has the log-in service write to the one whom the invitation is for. */
export function mailInvitation(tenant: string, { token, email }: Body<"CreatedInvitation">) {
  return takeLoginStep("invite", { tenant, token, email: email ?? "" });
}

export function takeBack(tenant: string, invitationId: string): Promise<Invitation> {
  return callApi<Invitation>(`invitations/${invitationId}`, { method: "DELETE", tenant });
}

export function accept(token: string): Promise<Body<"Entry">> {
  return callApi<Body<"Entry">>("invitations/accept", { method: "POST", body: { token } });
}
