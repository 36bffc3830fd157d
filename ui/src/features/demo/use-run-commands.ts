"use client";

import type { Command } from "@/lib/commands";
import { useMe, useRights } from "@/lib/use-me";

import { PROGRAMS, type Program } from "./api";
import { useRun } from "./use-run";

/** The demo programs, where the API has them and the caller may run them. */
export function useRunCommands(): Command[] {
  const { data: me } = useMe();
  const { manage } = useRights();
  const { start } = useRun();
  if (!me?.demo || !manage) return [];
  return (Object.keys(PROGRAMS) as Program[]).map((program) => ({
    id: program,
    group: "Run",
    label: PROGRAMS[program].label,
    also: PROGRAMS[program].title,
    run: () => start(program),
  }));
}
