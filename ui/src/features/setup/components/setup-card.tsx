"use client";

import { useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";

import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Failure } from "@/components/ui/failure";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/class-names";
import { useRights } from "@/lib/use-me";
import { useTenant } from "@/lib/use-tenant";

import { setupQuery, type Check } from "../api";
import { toTitle } from "../lib/summary";
import { CheckMark } from "./check-mark";
import { SetupText } from "./setup-text";

const SKELETON_ROWS = 8;

/** Every check of the setup, in the order in which one is the cause of the next. */
export function SetupCard() {
  const tenant = useTenant();
  const { manage } = useRights();
  const { data, error, isFetching, refetch } = useQuery(setupQuery(tenant, manage));
  if (error && !data) return <Failure title="The setup can't be checked" error={error} onRetry={() => void refetch()} />;
  return (
    <Card aria-labelledby="setup-title" className="pb-2">
      <CardHeader
        id="setup-title"
        title="Setup"
        note="Of the project, as the API finds it"
        action={
          <Button variant="ghost" disabled={isFetching} aria-busy={isFetching} onClick={() => void refetch()}>
            <RotateCw aria-hidden className={cn(isFetching && "animate-spin")} /> Check again
          </Button>
        }
      />
      <ul className="mt-2">
        {data?.checks.map((check) => <CheckLine key={check.name} check={check} />) ??
          Array.from({ length: SKELETON_ROWS }, (_, row) => (
            <li key={row} className="border-t px-4 py-2.5">
              <Skeleton className="h-5" />
            </li>
          ))}
      </ul>
    </Card>
  );
}

function CheckLine({ check }: { check: Check }) {
  return (
    <li className="flex gap-3 border-t px-4 py-2.5">
      <CheckMark status={check.status} className="mt-0.5" />
      <div className="grid min-w-0 flex-1 gap-x-4 gap-y-0.5 sm:grid-cols-[10rem_minmax(0,1fr)]">
        <h3 className="font-medium">{toTitle(check)}</h3>
        <div className="min-w-0">
          <p className={check.status === "skipped" ? "text-muted" : undefined}>
            <SetupText text={check.message} />
          </p>
          {check.action ? (
            <p className="mt-0.5 text-muted">
              <SetupText text={check.action} />
            </p>
          ) : null}
        </div>
      </div>
    </li>
  );
}
