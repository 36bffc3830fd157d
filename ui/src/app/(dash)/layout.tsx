import type { ReactNode } from "react";

import { DevelopmentOnly } from "@/components/shell/development-only";
import { Shell } from "@/components/shell/shell";
import { RunButtons } from "@/features/demo/components/run-buttons";
import { RunMenu } from "@/features/demo/components/run-menu";
import { HealthStatus } from "@/features/health/components/health-status";

import { Commands } from "./commands";

// The URL decides what is shown, so the server renders each page for its own URL.
export const dynamic = "force-dynamic";

export default function DashboardLayout({ children }: { children: ReactNode }) {
  return (
    <Shell
      actions={
        <DevelopmentOnly>
          <RunButtons />
        </DevelopmentOnly>
      }
      actionMenu={
        <DevelopmentOnly>
          <RunMenu />
        </DevelopmentOnly>
      }
      commands={<Commands />}
      status={<HealthStatus />}
    >
      {children}
    </Shell>
  );
}
