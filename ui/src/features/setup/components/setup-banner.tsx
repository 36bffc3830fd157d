"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";

import { cn } from "@/lib/class-names";
import { useHref } from "@/lib/url-state";
import { useRights } from "@/lib/use-me";
import { useTenant } from "@/lib/use-tenant";
import { useWay } from "@/lib/use-way";

import { setupQuery } from "../api";
import { summarize, toTitle } from "../lib/summary";
import { CheckMark } from "./check-mark";
import { SetupText } from "./setup-text";

/**
 * What of the setup is not as it should be, to those who can change it. It lies over the foot of the
 * page, where it moves nothing when it comes; a stack of this machine has no schedule to be told of.
 */
export function SetupBanner() {
  const tenant = useTenant();
  const toHref = useHref();
  const { manage } = useRights();
  const deployed = useWay() !== "open";
  const { data } = useQuery(setupQuery(tenant, deployed && manage));
  const summary = data ? summarize(data.checks) : null;
  if (summary === null) return null;
  const { first, failed, others } = summary;
  return (
    <section
      aria-label="Setup"
      className={cn(
        "sticky bottom-0 z-20 mt-auto flex items-start gap-2 border-t px-4 py-2 text-xs lg:px-6",
        failed ? "border-danger/45 bg-danger-soft" : "border-warning/45 bg-warning-soft",
      )}
    >
      <CheckMark status={first.status} />
      <p className="min-w-0 flex-1">
        <span className="font-medium">{toTitle(first)}:</span> <SetupText text={first.message} />
        {others > 0 ? ` ${others} more.` : null}
      </p>
      <Link href={toHref("/settings/connect", {})} className="shrink-0 font-medium underline underline-offset-2">
        What to do
      </Link>
    </section>
  );
}
