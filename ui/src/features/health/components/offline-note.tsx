"use client";

import type { ReactElement } from "react";

import { Popover, PopoverContent, PopoverTrigger } from "@/components/ui/popover";

/** Tells that the model is offline, and how to call a real one. */
export default function OfflineNote({ trigger }: { trigger: ReactElement }) {
  return (
    <Popover defaultOpen>
      <PopoverTrigger asChild>{trigger}</PopoverTrigger>
      <PopoverContent side="top" align="start" className="p-3 text-xs text-muted" aria-label="Offline model">
        <p className="font-medium text-foreground">The answers are canned, the path is real</p>
        <p className="mt-1">
          No OPENAI_API_KEY is set, so a local server answers the OpenAI protocol and pretends to be no
          model. Set the key and restart to call OpenAI. Everything else, from the instrumentation to
          the database, is what runs in production.
        </p>
      </PopoverContent>
    </Popover>
  );
}
