"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";

import { NotAllowed } from "@/components/ui/failure";
import { cn } from "@/lib/class-names";
import { useHref } from "@/lib/url-state";
import { useMe, useRights } from "@/lib/use-me";

import { SETTINGS_TABS } from "../tabs";

/** The settings' own navigation above one of them; on a phone it scrolls sideways. */
export function SettingsFrame({ children }: { children: ReactNode }) {
  const pathname = usePathname();
  const toHref = useHref();
  const known = useMe().data !== undefined;
  const { manage } = useRights();
  if (known && !manage) {
    return (
      <div className="p-4 lg:px-6">
        <NotAllowed />
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-4 p-4 lg:px-6">
      <nav aria-label="Settings" className="-mx-4 flex gap-1 overflow-x-auto border-b px-4 pb-2 lg:-mx-6 lg:px-6">
        {SETTINGS_TABS.map(({ path, label }) => (
          <Link
            key={path}
            href={toHref(path)}
            aria-current={pathname === path ? "page" : undefined}
            className={cn(
              "flex h-7 items-center rounded-md px-2.5 font-medium text-muted transition-colors hover:bg-hover hover:text-foreground",
              pathname === path && "bg-hover text-foreground",
            )}
          >
            {label}
          </Link>
        ))}
      </nav>
      <div className="flex w-full max-w-6xl flex-col gap-4">{children}</div>
    </div>
  );
}
