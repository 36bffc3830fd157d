"use client";

import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";

import { ForeignText } from "@/components/ui/foreign-text";
import { Moment } from "@/components/ui/moment";
import { cn } from "@/lib/class-names";
import { spell } from "@/lib/foreign-text";

import type { AuditEvent } from "../api";
import { listDetails, nameAction, nameActor } from "../lib/words";

export const MEDIUM = "hidden sm:table-cell";

/** An event in one line; its details open below. */
export function EventRow({ event }: { event: AuditEvent }) {
  const [open, setOpen] = useState(false);
  const detailsId = useId();
  return (
    <>
      <tr className="h-9 border-t hover:bg-hover">
        <td className={cn("px-4 text-xs text-muted tabular-nums", MEDIUM)}>
          <Moment iso={event.created_at} />
        </td>
        <th scope="row" className="px-2 py-1 text-left font-normal">
          <button
            type="button"
            aria-expanded={open}
            aria-controls={open ? detailsId : undefined}
            onClick={() => setOpen(!open)}
            className="flex max-w-full items-center gap-1 rounded-md px-1 text-left font-medium"
          >
            <ChevronRight aria-hidden className={cn("size-3.5 shrink-0 text-muted transition-transform", open && "rotate-90")} />
            <span className="truncate">
              <ForeignText text={nameAction(event.action)} />
            </span>
          </button>
          <span className="block truncate pl-6 text-2xs text-muted tabular-nums sm:hidden">
            <Moment iso={event.created_at} />
          </span>
        </th>
        <td className="truncate px-3 font-mono text-xs" title={spell(event.target)}>
          <ForeignText text={event.target} />
        </td>
        <td className={cn("truncate px-3 pr-4 text-muted", MEDIUM)} title={spell(event.actor)}>
          <ForeignText text={nameActor(event.actor)} />
        </td>
      </tr>
      {open ? (
        <tr>
          <td colSpan={4} id={detailsId} className="bg-background px-4 py-3">
            <Details event={event} />
          </td>
        </tr>
      ) : null}
    </>
  );
}

function Details({ event }: { event: AuditEvent }) {
  const lines = [
    ...listDetails(event.details),
    { name: "by", text: nameActor(event.actor) },
    { name: "event", text: event.event_id },
  ];
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-xs">
      {lines.map(({ name, text }) => (
        <div key={name} className="contents">
          <dt className="text-muted">
            <ForeignText text={name} />
          </dt>
          <dd className="font-mono break-words">
            <ForeignText text={text} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
