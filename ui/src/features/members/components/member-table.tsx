"use client";

import { UserMinus } from "lucide-react";

import { Button } from "@/components/ui/button";
import { ForeignText } from "@/components/ui/foreign-text";
import { Moment } from "@/components/ui/moment";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/class-names";
import { spell } from "@/lib/foreign-text";

import type { Member } from "../api";
import { RoleMenu } from "./role-menu";

const MEDIUM = "hidden sm:table-cell";
const SKELETON_ROWS = 3;

interface MemberTableProps {
  tenant: string;
  /** Undefined while loading. */
  members: Member[] | undefined;
  onRemove: (member: Member) => void;
}

export function MemberTable({ tenant, members, onRemove }: MemberTableProps) {
  return (
    <table className="w-full table-fixed">
      <caption className="sr-only">Members, the oldest first</caption>
      <thead className="text-xs text-muted">
        <tr className="h-8 text-left [&>th]:font-normal">
          <th scope="col" className="px-4">Person</th>
          <th scope="col" className="w-32 px-3">Role</th>
          <th scope="col" className={cn("w-40 px-3", MEDIUM)}>Since</th>
          <th scope="col" className="w-14 px-3 pr-4">
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {members?.map((member) => (
          <MemberRow key={member.user_id} tenant={tenant} member={member} onRemove={onRemove} />
        )) ??
          Array.from({ length: SKELETON_ROWS }, (_, row) => (
            <tr key={row} className="h-12 border-t">
              <td colSpan={4} className="px-4">
                <Skeleton className="h-4" />
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}

export function nameMember({ email, user_id: userId }: Pick<Member, "email" | "user_id">): string {
  return email ?? userId;
}

interface MemberRowProps {
  tenant: string;
  member: Member;
  onRemove: (member: Member) => void;
}

function MemberRow({ tenant, member, onRemove }: MemberRowProps) {
  const name = nameMember(member);
  return (
    <tr className="h-12 border-t hover:bg-hover">
      <th scope="row" className="truncate px-4 text-left font-medium" title={spell(name)}>
        <ForeignText text={name} />
      </th>
      <td className="px-3">
        <RoleMenu tenant={tenant} member={member} />
      </td>
      <td className={cn("px-3 text-xs text-muted tabular-nums", MEDIUM)}>
        <Moment iso={member.created_at} />
      </td>
      <td className="px-3 pr-4 text-right">
        <Button variant="ghost" size="icon" title="Take out" aria-label={`Take out ${spell(name)}`} onClick={() => onRemove(member)}>
          <UserMinus aria-hidden />
        </Button>
      </td>
    </tr>
  );
}
