"use client";

import { useQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import Link from "next/link";
import { useQueryStates } from "nuqs";

import { RangeControl, RefreshControls } from "@/components/shell/view-controls";
import { Card, CardHeader } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorCard } from "@/components/ui/error-card";
import { formatQuantity } from "@/lib/format";
import { useHref, useView } from "@/lib/url-state";
import { useTenant } from "@/lib/use-tenant";

import { spansQuery } from "../api";
import { describeFilters, spanParsers, type SpanParams } from "../search-params";
import { SpanTable } from "./span-table";

/** The rows behind a line under the sums. */
export function Spans() {
  const tenant = useTenant();
  const { range, refetchInterval } = useView();
  const [params] = useQueryStates(spanParsers);
  const { data, error, refetch } = useQuery({ ...spansQuery(tenant, range, params), refetchInterval });
  const spans = data?.items;
  return (
    <div className="flex flex-col gap-4 p-4 lg:px-6">
      <div className="flex flex-wrap items-center gap-2">
        <RangeControl overruled={params.misdated !== null} />
        <div className="ml-auto">
          <RefreshControls />
        </div>
      </div>
      {error ? (
        <ErrorCard title="The spans can't be loaded" error={error} onRetry={() => void refetch()} />
      ) : null}
      {error && !data ? null : (
        <Card aria-labelledby="spans-title" className="overflow-hidden">
          <CardHeader id="spans-title" title={describeFilters(params)} />
          {spans?.length === 0 ? (
            <EmptyState icon={<SearchX aria-hidden />} title="No such span in this time range">
              <p>Widen the time range.</p>
            </EmptyState>
          ) : (
            <SpanTable caption={describeFilters(params)} spans={spans} />
          )}
          {spans && spans.length > 0 ? (
            <Pages count={spans.length} params={params} next={data.next_cursor} />
          ) : null}
        </Card>
      )}
    </div>
  );
}

function Pages({ count, params, next }: { count: number; params: SpanParams; next: string | null }) {
  const toHref = useHref();
  const { cursor, ...filters } = params;
  const kept = Object.entries(filters).filter((pair): pair is [string, string] => pair[1] !== null);
  // eslint-disable-next-line local/no-foreign-keys -- the names are those of the parsers
  const query = Object.fromEntries(kept);
  return (
    <nav aria-label="Pages" className="flex items-center gap-4 border-t px-4 py-2 text-xs">
      <p className="text-muted tabular-nums">{formatQuantity(count, "span")} on this page</p>
      {cursor === null ? null : (
        <Link href={toHref("/spans", query)} className="ml-auto text-accent hover:underline">
          Newest
        </Link>
      )}
      {next === null ? null : (
        <Link
          href={toHref("/spans", { ...query, cursor: next })}
          className={cursor === null ? "ml-auto text-accent hover:underline" : "text-accent hover:underline"}
        >
          Older
        </Link>
      )}
    </nav>
  );
}
