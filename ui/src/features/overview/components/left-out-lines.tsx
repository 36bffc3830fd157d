"use client";

import { TriangleAlert } from "lucide-react";
import Link from "next/link";

import type { Body } from "@/lib/api";
import { formatQuantity } from "@/lib/format";
import { listLeftOut } from "@/lib/reasons";
import { useHref } from "@/lib/url-state";

/** Spans that the sums leave out or may hold twice; each line leads to them. */
export function LeftOutLines({ totals }: { totals: Body<"WindowTotals"> | undefined }) {
  const toHref = useHref();
  const lines = totals ? listLeftOut(totals) : [];
  if (lines.length === 0) return null;
  return (
    <section aria-label="Not in the sums" className="rounded-lg border bg-surface px-4 py-2.5 shadow-card">
      <ul className="flex flex-col gap-1 text-xs">
        {lines.map(({ spans, words, filter }) => (
          <li key={words} className="flex items-baseline gap-2">
            <TriangleAlert aria-hidden className="size-3 shrink-0 translate-y-0.5 text-warning" />
            <span>
              <Link
                href={toHref("/spans", filter)}
                prefetch={false}
                className="text-warning tabular-nums underline underline-offset-2"
              >
                {formatQuantity(spans, "span")}
              </Link>{" "}
              {words}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
