"use client";

import { useIsMutating } from "@tanstack/react-query";
import { LoaderCircle, Play } from "lucide-react";
import { lazy } from "react";

import { Button } from "@/components/ui/button";
import { OnDemand } from "@/components/ui/on-demand";

const RunOptions = lazy(() => import("./run-options"));

/** The demos where there is no room for their buttons. */
export function RunMenu() {
  const running = useIsMutating({ mutationKey: ["demo"] }) > 0;
  const Icon = running ? LoaderCircle : Play;
  const trigger = (
    <Button variant="ghost" size="icon" aria-label="Demos" title="Run a demo" disabled={running} aria-busy={running}>
      <Icon aria-hidden className={running ? "animate-spin" : undefined} />
    </Button>
  );
  return (
    <OnDemand trigger={trigger} opens="menu">
      <RunOptions trigger={trigger} />
    </OnDemand>
  );
}
