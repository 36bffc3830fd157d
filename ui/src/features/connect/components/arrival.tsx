"use client";

import { useQuery } from "@tanstack/react-query";
import { Radio } from "lucide-react";
import Link from "next/link";

import { ErrorCard } from "@/components/ui/error-card";
import { ForeignText } from "@/components/ui/foreign-text";
import { Moment } from "@/components/ui/moment";
import { Notice } from "@/components/ui/notice";
import { useHref } from "@/lib/url-state";

import { arrivalQuery } from "../api";

/** Waits for the first span, and leads to its trace. */
export function Arrival({ tenant }: { tenant: string | null }) {
  const toHref = useHref();
  const { data, error, refetch } = useQuery(arrivalQuery(tenant));
  const trace = data?.items[0];
  if (error && !data) return <ErrorCard title="The traces can't be loaded" error={error} onRetry={() => void refetch()} />;
  if (!trace) {
    return (
      <p role="status" className="flex items-center gap-2 text-muted">
        <Radio aria-hidden className="size-4 animate-pulse text-accent" />
        {data ? "Waiting for your first span. This page looks every few seconds." : "Looking for spans…"}
      </p>
    );
  }
  return (
    <Notice tone="success" live>
      Spans arrive. The newest trace is{" "}
      <Link href={toHref(`/traces/${trace.trace_id}`)} className="font-medium text-accent underline underline-offset-2">
        <ForeignText text={trace.root_span_name ?? trace.trace_id.slice(0, 8)} />
      </Link>
      , started <Moment iso={trace.start_time} />.
    </Notice>
  );
}
