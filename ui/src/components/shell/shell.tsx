"use client";

import { useEffect, type ReactNode } from "react";

import { watchSignOut } from "@/lib/session-events";
import { useTenantMemory } from "@/lib/use-tenant";

import { Admission } from "./admission";
import { Logo } from "./logo";
import { Navigation } from "./navigation";
import { PageTitle } from "./page-title";
import { PersonMenu } from "./person-menu";
import { TenantSwitcher } from "./tenant-switcher";
import { ThemeToggle } from "./theme-toggle";

interface ShellProps {
  /** Buttons at the right of the top bar. */
  actions: ReactNode;
  /** The state of the API, at the foot of the side bar. */
  status: ReactNode;
  children: ReactNode;
}

export function Shell({ actions, status, children }: ShellProps) {
  useTenantMemory();
  useEffect(watchSignOut, []);
  return (
    <div className="flex min-h-dvh flex-col md:grid md:grid-cols-[13rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-raised px-3 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <aside aria-label="Sidebar" className="sticky top-0 hidden h-dvh flex-col gap-4 border-r p-3 md:flex">
        <div className="flex h-7 items-center justify-between pl-1">
          <Logo />
          <ThemeToggle />
        </div>
        <TenantSwitcher className="w-full" />
        <Navigation className="flex flex-col gap-0.5" />
        <div className="mt-auto flex flex-col gap-2">
          <PersonMenu wide />
          {status}
        </div>
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="sticky top-0 z-30 border-b bg-background/90 backdrop-blur-sm">
          <div className="flex items-center gap-2 px-4 pt-2 md:hidden">
            <Logo />
            <TenantSwitcher className="ml-auto max-w-40" />
            <ThemeToggle />
            <PersonMenu />
          </div>
          <Navigation className="flex gap-1 px-2 pt-1 md:hidden" />
          <div className="flex min-h-12 items-center gap-2 px-4 lg:px-6">
            <PageTitle />
            <div className="ml-auto flex items-center gap-2">{actions}</div>
          </div>
        </header>
        <main id="content" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
          <Admission>{children}</Admission>
        </main>
        <footer className="border-t px-4 py-3 md:hidden">{status}</footer>
      </div>
    </div>
  );
}
