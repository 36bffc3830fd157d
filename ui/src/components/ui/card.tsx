import type { ComponentProps, ReactNode } from "react";

import { cn } from "@/lib/class-names";

export function Card({ className, ...props }: ComponentProps<"section">) {
  return (
    <section
      data-slot="card"
      className={cn("rounded-lg border bg-surface shadow-card", className)}
      {...props}
    />
  );
}

interface CardHeaderProps {
  id: string;
  title: string;
  note?: ReactNode;
  action?: ReactNode;
}

export function CardHeader({ id, title, note, action }: CardHeaderProps) {
  return (
    <div data-slot="card-header" className="flex min-h-11 items-center gap-2 px-4 pt-2">
      <h2 id={id} className="font-medium">
        {title}
      </h2>
      {note ? <div className="truncate text-xs text-muted tabular-nums">{note}</div> : null}
      {action ? <div className="ml-auto flex items-center">{action}</div> : null}
    </div>
  );
}
