"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";

import { Card, CardHeader } from "@/components/ui/card";
import { ErrorCard } from "@/components/ui/error-card";
import { Failure } from "@/components/ui/failure";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { useAction } from "@/lib/use-action";

import { captureQuery, setCapture, type Capture } from "../api";
import { describeCapture } from "../lib/capture";

const MODES = [
  { value: "follow", label: "As captured", title: "Stored where the process that sends captures any" },
  { value: "off", label: "Never", title: "Stored from no sender" },
] as const;

/** Prompts and answers pass two switches; both have to be open. */
export function CaptureCard({ tenant }: { tenant: string | null }) {
  const { data, error, refetch } = useQuery(captureQuery(tenant));
  if (error && !data) return <Failure title="The switches can't be loaded" error={error} onRetry={() => void refetch()} />;
  return (
    <Card aria-labelledby="capture-title">
      <CardHeader id="capture-title" title="Prompts and answers" />
      <div className="flex min-h-40 flex-col gap-4 p-4 pt-2">
        <p className="text-muted">A digest and a length of them are always stored. The words are, where both switches are open.</p>
        {data && tenant !== null ? <Switches key={tenant} tenant={tenant} capture={data} /> : <Skeleton className="h-20" />}
      </div>
    </Card>
  );
}

function Switches({ tenant, capture }: { tenant: string; capture: Capture }) {
  const queryClient = useQueryClient();
  const { start, isPending, error } = useAction({
    run: (mode: "follow" | "off") => setCapture(tenant, mode),
    onDone: (now) => queryClient.setQueryData(captureQuery(tenant).queryKey, now),
  });
  const mode = capture.content_capture;
  return (
    <>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-4 gap-y-2 text-xs">
        <dt className="text-muted">This tenant</dt>
        <dd aria-busy={isPending}>
          <Segmented
            label="Prompts and answers of this tenant"
            value={mode === "on" ? null : mode}
            options={MODES}
            onChange={(wanted) => wanted !== mode && start(wanted)}
          />
        </dd>
        <dt className="text-muted">This deployment</dt>
        <dd>
          {capture.deployment_captures ? "Open" : "Closed"}: <code className="font-mono">ALLOW_CONTENT_CAPTURE</code> of its functions,
          set by whoever deploys it
        </dd>
      </dl>
      <p role="status">{isPending ? "Turning…" : describeCapture(capture)}</p>
      {error ? <ErrorCard title="The switch was not turned" error={error} /> : null}
    </>
  );
}
