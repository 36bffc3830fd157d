"use client";

import { formatLocalTime, formatUtcTime } from "@/lib/time";

/** A moment in the reader's own time zone; UTC on hover. */
export function Moment({ iso, className }: { iso: string; className?: string }) {
  return (
    <time dateTime={iso} title={formatUtcTime(iso)} className={className}>
      {formatLocalTime(iso)}
    </time>
  );
}
