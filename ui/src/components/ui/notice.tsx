import { CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

import { cn } from "@/lib/class-names";

const TONES = {
  info: { Icon: Info, className: "border-border-strong text-foreground [&>svg]:text-muted" },
  success: { Icon: CircleCheck, className: "border-success/40 bg-success-soft [&>svg]:text-success" },
  warning: { Icon: TriangleAlert, className: "border-warning/40 bg-warning-soft [&>svg]:text-warning" },
} as const;

interface NoticeProps {
  tone: keyof typeof TONES;
  /** Announced when it appears; for what follows from an action. */
  live?: boolean;
  className?: string;
  children: ReactNode;
}

export function Notice({ tone, live = false, className, children }: NoticeProps) {
  const { Icon, className: look } = TONES[tone];
  return (
    <div
      {...(live ? { role: "status" } : {})}
      className={cn("flex items-start gap-2 rounded-md border px-3 py-2 text-xs", look, className)}
    >
      <Icon aria-hidden className="mt-0.5 size-3.5 shrink-0" />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}
