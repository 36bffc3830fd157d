"use client";

import { useQuery } from "@tanstack/react-query";

import { Card, CardHeader } from "@/components/ui/card";
import { Failure } from "@/components/ui/failure";
import { Moment } from "@/components/ui/moment";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { formatQuantity } from "@/lib/format";

import { retentionQuery, type RetentionStatus } from "../api";
import { RetentionForm } from "./retention-form";

export function RetentionCard({ tenant }: { tenant: string | null }) {
  const { data, dataUpdatedAt, error, refetch } = useQuery(retentionQuery(tenant));
  if (error && !data) return <Failure title="The retention can't be loaded" error={error} onRetry={() => void refetch()} />;
  return (
    <Card aria-labelledby="retention-title">
      <CardHeader id="retention-title" title="Retention" />
      <div className="flex min-h-52 flex-col gap-4 p-4 pt-2">
        <p className="text-muted">Spans and their contents (prompts and answers) are deleted when they are older than this.</p>
        {data && tenant !== null ? (
          <>
            <RetentionForm key={tenant} tenant={tenant} status={data} />
            <Runs status={data} asOf={dataUpdatedAt} />
          </>
        ) : (
          <Skeleton className="h-24" />
        )}
      </div>
    </Card>
  );
}

/** What the schedule did for this tenant, and when it comes again. */
function Runs({ status, asOf }: { status: RetentionStatus; asOf: number }) {
  const { last_run: lastRun, next_run: nextRun, roll_up_days: sumDays, ...days } = status;
  const overdue = nextRun != null && Date.parse(nextRun) < asOf;
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-xs">
      <dt className="text-muted">Sums</dt>
      <dd>{sumDays == null ? "kept for good" : `kept for ${formatQuantity(sumDays, "day")}`}</dd>
      <dt className="text-muted">Last run</dt>
      <dd>{lastRun ? <LastRun run={lastRun} /> : limits(days) ? "No run has come to this tenant yet." : "None: this tenant keeps everything."}</dd>
      <dt className="text-muted">Next run</dt>
      <dd>
        {nextRun == null ? (
          <Notice tone="warning">
            No run yet: is there a schedule? Without one nothing is deleted. The deployment&apos;s expiry job makes it; docs/jobs.md
            says how to see it.
          </Notice>
        ) : overdue ? (
          <Notice tone="warning">
            It was due on <Moment iso={nextRun} /> and has not come. docs/jobs.md says where to look.
          </Notice>
        ) : (
          <>
            by <Moment iso={nextRun} />
          </>
        )}
      </dd>
    </dl>
  );
}

function limits({ span_days: spans, content_days: contents }: Pick<RetentionStatus, "span_days" | "content_days">): boolean {
  return spans != null || contents != null;
}

function LastRun({ run }: { run: NonNullable<RetentionStatus["last_run"]> }) {
  if (run.outcome === "failed") return "It failed; the log of the expiry job says why.";
  if (run.outcome === "running" || run.finished_at === null) return "It is at work.";
  const { spans, contents, traces } = run.deleted;
  return (
    <>
      <Moment iso={run.finished_at} />: {formatQuantity(spans, "span")}, {formatQuantity(contents, "content")} and{" "}
      {formatQuantity(traces, "trace")} deleted
    </>
  );
}
