import type { ReactNode } from "react";

interface EmptyStateProps {
  icon: ReactNode;
  title: string;
  children: ReactNode;
}

export function EmptyState({ icon, title, children }: EmptyStateProps) {
  return (
    <div className="flex flex-col items-center px-6 py-14 text-center">
      <div className="grid size-10 place-items-center rounded-lg border bg-background text-muted [&_svg]:size-5">
        {icon}
      </div>
      <p className="mt-4 font-medium">{title}</p>
      <div className="mt-1 max-w-2xl text-muted">{children}</div>
    </div>
  );
}
