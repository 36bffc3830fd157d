"use client";

import Link from "next/link";
import { useState, type ReactElement } from "react";

import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from "@/components/ui/dropdown-menu";
import type { Me } from "@/lib/me";

interface PersonOptionsProps {
  trigger: ReactElement;
  me: Me | undefined;
  onSignOut: (scope: "local" | "global") => void;
}

export default function PersonOptions({ trigger, me, onSignOut }: PersonOptionsProps) {
  const [open, setOpen] = useState(true);
  return (
    <DropdownMenu open={open} onOpenChange={setOpen} modal={false}>
      <DropdownMenuTrigger asChild>{trigger}</DropdownMenuTrigger>
      <DropdownMenuContent aria-label="Your account">
        {me?.email ? <p className="max-w-64 truncate border-b px-2 py-1.5 text-xs text-muted">{me.email}</p> : null}
        <DropdownMenuItem asChild>
          <Link href="/account">Password and tenants</Link>
        </DropdownMenuItem>
        <DropdownMenuItem onSelect={() => onSignOut("local")}>Sign out</DropdownMenuItem>
        <DropdownMenuItem onSelect={() => onSignOut("global")} title="In every browser where you are logged in">
          Sign out everywhere
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
