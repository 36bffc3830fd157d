import type { ReactNode } from "react";

import { Shell } from "@/components/shell/shell";
import { RunButtons } from "@/features/demo/components/run-buttons";
import { HealthStatus } from "@/features/health/components/health-status";

// The URL decides what is shown, so the server renders each page for its own URL.
export const dynamic = "force-dynamic";

export default function DashboardLayout({ children }: { children: ReactNode }) {
  return (
    <Shell actions={<RunButtons />} status={<HealthStatus />}>
      {children}
    </Shell>
  );
}
