"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

import { cn } from "@/lib/class-names";
import { useHref } from "@/lib/url-state";
import { useRights } from "@/lib/use-me";

import { listPages } from "./pages";

export function Navigation({ className }: { className?: string }) {
  const pathname = usePathname();
  const toHref = useHref();
  const { manage } = useRights();
  return (
    <nav aria-label="Main" className={className}>
      {listPages(manage).map(({ path, label, Icon }) => {
        const current = pathname.startsWith(path);
        return (
          <Link
            key={path}
            href={toHref(path)}
            aria-current={current ? "page" : undefined}
            className={cn(
              "flex h-8 items-center gap-2 rounded-md px-2 font-medium text-muted transition-colors hover:bg-hover hover:text-foreground",
              current && "bg-hover text-foreground",
            )}
          >
            <Icon className="size-4" aria-hidden />
            {label}
          </Link>
        );
      })}
    </nav>
  );
}
