"use client";

import { useQueryClient } from "@tanstack/react-query";

import { ApiError } from "@/lib/api";
import { spell } from "@/lib/foreign-text";
import { formatQuantity } from "@/lib/format";
import { meQuery } from "@/lib/me";
import { notify } from "@/lib/notify";
import { explain } from "@/lib/problems";
import { useAction } from "@/lib/use-action";

import { changeRole, membersQuery, ROLES, type Member, type Role } from "../api";

interface RoleMenuProps {
  tenant: string;
  member: Member;
}

/** A role that takes effect as it is chosen; one that the API refuses goes back to what it was. */
export function RoleMenu({ tenant, member }: RoleMenuProps) {
  const queryClient = useQueryClient();
  const name = spell(member.email ?? member.user_id);
  const { start, isPending } = useAction({
    run: (role: Role) => changeRole(tenant, { userId: member.user_id, role }),
    onDone: ({ role, keys }) => {
      const ended = keys.length === 0 ? "" : ` Revoked, since they may do more: ${formatQuantity(keys.length, "key")}.`;
      void notify("info", "The role was changed", `${name} is ${role} now.${ended}`);
      void queryClient.invalidateQueries(membersQuery(tenant));
      void queryClient.invalidateQueries(meQuery);
    },
    onFail: (error) => {
      const requestId = error instanceof ApiError && error.requestId ? ` Request id ${error.requestId}` : "";
      void notify("error", "The role was not changed", `${explain(error.message)}${requestId}`);
    },
  });
  return (
    <select
      aria-label={`Role of ${name}`}
      value={member.role}
      disabled={isPending}
      aria-busy={isPending}
      onChange={({ target }) => {
        const chosen = ROLES.find(({ role }) => role === target.value);
        if (chosen) start(chosen.role);
      }}
      className="h-7 w-full rounded-md border border-border-strong bg-surface px-1.5 text-xs disabled:opacity-60"
    >
      {ROLES.map(({ role, label, hint }) => (
        <option key={role} value={role} title={hint}>
          {label}
        </option>
      ))}
    </select>
  );
}
