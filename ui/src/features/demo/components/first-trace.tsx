"use client";

import { CopyButton } from "@/components/ui/copy-button";
import { useMe } from "@/lib/use-me";
import { useTenant } from "@/lib/use-tenant";

import { RunButton } from "./run-buttons";

/** How to get a first trace without an application, where the demos are there: by a click or from a terminal. */
export function FirstTrace() {
  const tenant = useTenant() ?? "";
  const { data: me } = useMe();
  if (!me?.demo) return null;
  // The dashboard's own address works wherever it is open; the API's is not known to a browser.
  const command = `curl -X POST -H 'x-tenant-id: ${tenant}' ${globalThis.location?.origin ?? ""}/api/v1/demo/run`;
  return (
    <div className="mt-4 flex flex-col items-center gap-4">
      <p>Run an agent that calls a model twice; its trace opens as soon as it is stored.</p>
      <RunButton program="run" variant="solid" />
      {me.kind === "dev" ? (
        <div className="flex max-w-full items-center gap-1 rounded-md border bg-background py-1 pr-1 pl-3">
          <code className="overflow-x-auto font-mono text-xs whitespace-nowrap text-foreground" tabIndex={0}>
            {command}
          </code>
          <CopyButton text={command} what="command" />
        </div>
      ) : null}
    </div>
  );
}
