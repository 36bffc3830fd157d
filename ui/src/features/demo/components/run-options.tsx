"use client";

import { useState, type ReactElement } from "react";

import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from "@/components/ui/dropdown-menu";

import { PROGRAMS, type Program } from "../api";
import { useRun } from "../use-run";

export default function RunOptions({ trigger }: { trigger: ReactElement }) {
  const [open, setOpen] = useState(true);
  const { start } = useRun();
  return (
    <DropdownMenu open={open} onOpenChange={setOpen} modal={false}>
      <DropdownMenuTrigger asChild>{trigger}</DropdownMenuTrigger>
      <DropdownMenuContent aria-label="Demos">
        {(Object.keys(PROGRAMS) as Program[]).map((program) => (
          <DropdownMenuItem key={program} title={PROGRAMS[program].title} onSelect={() => start(program)}>
            {PROGRAMS[program].label}
          </DropdownMenuItem>
        ))}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
