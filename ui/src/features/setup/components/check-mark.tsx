import { CircleCheck, CircleDashed, CircleX, TriangleAlert } from "lucide-react";

import { cn } from "@/lib/class-names";

import type { Check } from "../api";

const MARKS = {
  ok: { Icon: CircleCheck, word: "All right", colour: "text-success" },
  warning: { Icon: TriangleAlert, word: "Warning", colour: "text-warning" },
  failed: { Icon: CircleX, word: "Failed", colour: "text-danger" },
  skipped: { Icon: CircleDashed, word: "Not checked", colour: "text-muted" },
} as const;

/** How a check ended, by form, colour and, for a screen reader, word. */
export function CheckMark({ status, className }: { status: Check["status"]; className?: string }) {
  const { Icon, word, colour } = MARKS[status];
  return (
    <>
      <Icon aria-hidden className={cn("size-4 shrink-0", colour, className)} />
      <span className="sr-only">{word}: </span>
    </>
  );
}
