"use client";

import Link from "next/link";
import { useParams, usePathname } from "next/navigation";

import { CopyButton } from "@/components/ui/copy-button";
import { ForeignText } from "@/components/ui/foreign-text";
import { cn } from "@/lib/class-names";
import { spell } from "@/lib/foreign-text";
import { useHref } from "@/lib/url-state";

import { PAGES } from "./pages";

const TITLES = [
  ["/traces", "Traces"],
  ["/spans", "Spans"],
  ["/settings", "Settings"],
  ["/tenants", "All tenants"],
] as const;

/** The page's heading, with the way back where there is one. On a phone the navigation beside it says it as well. */
export function PageTitle() {
  const pathname = usePathname();
  const { traceId } = useParams<{ traceId?: string }>();
  const toHref = useHref();
  if (traceId === undefined) {
    const title = TITLES.find(([path]) => pathname.startsWith(path))?.[1] ?? "Overview";
    const said = PAGES.some(({ path }) => pathname.startsWith(path));
    return <h1 className={cn("font-medium", said ? "max-md:sr-only" : "truncate max-md:pr-2")}>{title}</h1>;
  }
  return (
    <div className="flex min-w-0 items-center gap-1.5 max-md:ml-auto max-md:shrink-0">
      <Link href={toHref("/traces")} className="text-muted hover:text-foreground max-md:hidden">
        Traces
      </Link>
      <span aria-hidden className="text-muted max-md:hidden">
        /
      </span>
      <h1 className="truncate font-mono text-xs font-medium" title={spell(traceId)}>
        <span className="sr-only">Trace </span>
        <ForeignText text={traceId.slice(0, 8)} />
        <span aria-hidden>…</span>
      </h1>
      <CopyButton text={traceId} what="trace id" />
    </div>
  );
}
