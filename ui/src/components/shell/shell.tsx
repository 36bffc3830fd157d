"use client";

import { lazy, Suspense, useEffect, type ReactNode } from "react";

import { watchSignOut } from "@/lib/session-events";
import { useTenantMemory } from "@/lib/use-tenant";

import { Admission } from "./admission";
import { CommandButton } from "./command-button";
import { Logo } from "./logo";
import { Navigation } from "./navigation";
import { PageTitle } from "./page-title";
import { PersonMenu } from "./person-menu";
import { TenantSwitcher } from "./tenant-switcher";
import { ThemeToggle } from "./theme-toggle";
import { PanelContext, useKeys, usePanelState } from "./use-panel";

const KeyHelp = lazy(() => import("./key-help"));

interface ShellProps {
  /** Buttons at the right of the top bar. */
  actions: ReactNode;
  /** The same in a menu, for a phone. */
  actionMenu: ReactNode;
  /** The command menu; shown while it is open. */
  commands: ReactNode;
  /** The state of the API, at the foot of the side bar. */
  status: ReactNode;
  children: ReactNode;
}

export function Shell({ actions, actionMenu, commands, status, children }: ShellProps) {
  const panel = usePanelState();
  useTenantMemory();
  useKeys(panel);
  useEffect(watchSignOut, []);
  return (
    <PanelContext value={panel}>
      <div className="flex min-h-dvh flex-col md:grid md:grid-cols-[13rem_minmax(0,1fr)]">
        <a
          href="#content"
          className="sr-only z-50 rounded-md bg-raised px-3 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        >
          Skip to content
        </a>
        <Sidebar status={status} />
        <div className="flex min-w-0 flex-1 flex-col">
          <TopBar actions={actions} actionMenu={actionMenu} />
          <main id="content" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
            <Admission>{children}</Admission>
          </main>
          <footer className="border-t px-4 py-3 md:hidden">{status}</footer>
        </div>
      </div>
      <Suspense fallback={null}>
        {panel.panel === "commands" ? commands : null}
        {panel.panel === "keys" ? <KeyHelp onClose={() => panel.close("keys")} /> : null}
      </Suspense>
    </PanelContext>
  );
}

function Sidebar({ status }: Pick<ShellProps, "status">) {
  return (
    <aside aria-label="Sidebar" className="sticky top-0 hidden h-dvh flex-col gap-4 border-r p-3 md:flex">
      <div className="flex h-7 items-center justify-between pl-1">
        <Logo />
        <ThemeToggle />
      </div>
      <div className="flex flex-col gap-2">
        <TenantSwitcher className="w-full" />
        <CommandButton wide className="w-full" />
      </div>
      <Navigation className="flex flex-col gap-0.5" />
      <div className="mt-auto flex flex-col gap-2">
        <PersonMenu wide />
        {status}
      </div>
    </aside>
  );
}

/** On a phone two rows: where one is with what one may do, and where one may go. */
function TopBar({ actions, actionMenu }: Pick<ShellProps, "actions" | "actionMenu">) {
  return (
    <header className="sticky top-0 z-30 border-b bg-background/90 backdrop-blur-sm">
      <div className="flex items-center gap-1 px-4 pt-2 md:hidden">
        <Logo />
        <TenantSwitcher className="mr-1 ml-auto max-w-40" />
        <CommandButton />
        <ThemeToggle />
        {actionMenu}
        <PersonMenu />
      </div>
      <div className="flex items-center gap-2 px-2 py-1 md:min-h-12 md:px-4 md:py-0 lg:px-6">
        <Navigation className="flex min-w-0 gap-1 overflow-x-auto md:hidden" />
        <PageTitle />
        <div className="ml-auto hidden items-center gap-2 md:flex">{actions}</div>
      </div>
    </header>
  );
}
