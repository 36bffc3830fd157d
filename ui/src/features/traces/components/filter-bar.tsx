"use client";

import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";

import { Button } from "@/components/ui/button";
import type { Body } from "@/lib/api";
import { OPERATIONS } from "@/lib/operations";
import { metricsQuery } from "@/lib/queries";
import { formatWindow } from "@/lib/time";
import { useView } from "@/lib/url-state";
import { useTenant } from "@/lib/use-tenant";

import { isFiltered, NO_FILTERS, STATUSES, type TraceParams } from "../search-params";
import { FilterMenu } from "./filter-menu";
import type { FilterOption } from "./filter-options";
import { TraceIdField } from "./trace-id-field";

const STATUS_LABELS = { error: "Failed", ok: "Not failed" };

interface FilterBarProps {
  params: TraceParams;
  onChange: (changed: Partial<TraceParams>) => void;
}

export function FilterBar({ params, onChange }: FilterBarProps) {
  const tenant = useTenant();
  const { range } = useView();
  // The models and providers on offer are those that were called in the range.
  const { data } = useQuery(metricsQuery(tenant, range));
  const change = (changed: Partial<TraceParams>) => onChange({ ...changed, cursor: null });
  return (
    <>
      <FilterMenu
        label="Status"
        value={params.status}
        options={STATUSES.map((value) => ({ value, label: STATUS_LABELS[value] }))}
        onChange={(value) => change({ status: STATUSES.find((status) => status === value) ?? null })}
      />
      <FilterMenu
        label="Model"
        value={params.model}
        options={countBy(data?.by_model, "model")}
        onChange={(model) => change({ model })}
      />
      <FilterMenu
        label="Provider"
        value={params.provider}
        options={countBy(data?.by_model, "provider")}
        onChange={(provider) => change({ provider })}
      />
      <FilterMenu
        label="Operation"
        value={params.operation}
        options={OPERATIONS.map((value) => ({ value }))}
        onChange={(operation) => change({ operation })}
      />
      <TraceIdField value={params.trace} onChange={(trace) => change({ trace })} />
      {params.from && params.to ? (
        <Button
          className="border-accent/50 bg-accent-soft tabular-nums hover:bg-accent-soft"
          title="Show the whole time range"
          onClick={() => change({ from: null, to: null })}
        >
          {formatWindow(params.from, params.to)} <X aria-hidden className="text-muted" />
        </Button>
      ) : null}
      {isFiltered(params) ? (
        <Button variant="ghost" onClick={() => onChange(NO_FILTERS)}>
          <X aria-hidden /> Clear
        </Button>
      ) : null}
    </>
  );
}

function countBy(rows: Body<"ModelTotals">[] | undefined, facet: "model" | "provider"): FilterOption[] {
  const counts = new Map<string, number>();
  for (const row of rows ?? []) {
    const value = row[facet];
    if (value) counts.set(value, (counts.get(value) ?? 0) + row.requests);
  }
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count);
}
