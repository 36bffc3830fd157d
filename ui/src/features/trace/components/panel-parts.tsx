import type { ReactNode } from "react";

import { cn } from "@/lib/class-names";

interface SectionProps {
  title: string;
  action?: ReactNode;
  children: ReactNode;
}

export function Section({ title, action, children }: SectionProps) {
  return (
    <section aria-label={title} className="border-b px-4 py-3 last:border-b-0">
      <div className="mb-1.5 flex min-h-6 items-center justify-between gap-2">
        <h3 className="text-xs font-medium">{title}</h3>
        {action}
      </div>
      {children}
    </section>
  );
}

interface LineProps {
  label: string;
  children: ReactNode;
  title?: string | undefined;
  className?: string;
}

/** One name and its value, in a description list. */
export function Line({ label, children, title, className }: LineProps) {
  return (
    <div className="flex items-baseline justify-between gap-4 py-0.5 text-xs">
      <dt className="shrink-0 text-muted">{label}</dt>
      <dd title={title} className={cn("min-w-0 text-right wrap-anywhere tabular-nums", className)}>
        {children}
      </dd>
    </div>
  );
}
