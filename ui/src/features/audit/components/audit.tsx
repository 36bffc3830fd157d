"use client";

import { useQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { parseAsString, useQueryState } from "nuqs";

import { Card, CardHeader } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { Failure } from "@/components/ui/failure";
import { Pager } from "@/components/ui/pager";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/class-names";
import { usePages } from "@/lib/use-pages";
import { useTenant } from "@/lib/use-tenant";

import { auditQuery, type AuditEvent } from "../api";
import { EventRow, MEDIUM } from "./event-row";

const SKELETON_ROWS = 12;

/** What was done to keys, members, settings and data. */
export function Audit() {
  const tenant = useTenant();
  const [cursor, setCursor] = useQueryState("cursor", parseAsString);
  const { data, error, refetch } = useQuery(auditQuery(tenant, cursor));
  const pages = usePages(cursor, data?.next_cursor ?? null, (next) => void setCursor(next, { history: "push", scroll: true }));
  if (error && !data) return <Failure title="The audit can't be loaded" error={error} onRetry={() => void refetch()} />;
  return (
    <Card aria-labelledby="audit-title" className="overflow-hidden">
      <CardHeader id="audit-title" title="Audit" note="Keys, members, settings and deletions" />
      {data?.items.length === 0 ? (
        <EmptyState icon={<History aria-hidden />} title="Nothing has been changed yet">
          <p>Whatever is done to keys, members, settings and data is listed here, and cannot be edited.</p>
        </EmptyState>
      ) : (
        <EventTable events={data?.items} />
      )}
      {data && (data.items.length > 0 || cursor !== null) ? <Pager noun="event" count={data.items.length} {...pages} /> : null}
    </Card>
  );
}

function EventTable({ events }: { events: AuditEvent[] | undefined }) {
  return (
    <table className="w-full table-fixed">
      <caption className="sr-only">Events, newest first</caption>
      <thead className="text-xs text-muted">
        <tr className="h-8 text-left [&>th]:font-normal">
          <th scope="col" className={cn("w-40 px-4", MEDIUM)}>When</th>
          <th scope="col" className="px-3">What</th>
          <th scope="col" className="w-2/5 px-3 sm:w-[30%]">To what</th>
          <th scope="col" className={cn("w-1/4 px-3 pr-4", MEDIUM)}>Who</th>
        </tr>
      </thead>
      <tbody>
        {events?.map((event) => <EventRow key={event.event_id} event={event} />) ??
          Array.from({ length: SKELETON_ROWS }, (_, row) => (
            <tr key={row} className="h-9 border-t">
              <td colSpan={4} className="px-4">
                <Skeleton className="h-4" />
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
