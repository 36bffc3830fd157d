"use client";

import { ChartNoAxesColumn, Table2 } from "lucide-react";
import dynamic from "next/dynamic";
import { useId, useState } from "react";

import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { formatBucket } from "@/lib/time";

import { ChartTable } from "./chart-table";
import { findPeak, type ChartPoint } from "./series";
import type { TimeChartProps } from "./time-chart";

const BODY_CLASS = "h-48 px-3 pt-1 pb-2";

const TimeChart = dynamic(() => import("./time-chart"), {
  ssr: false,
  loading: () => <Skeleton className="h-full" />,
});

interface ChartCardProps extends Omit<TimeChartProps, "points"> {
  title: string;
  /** The unit, and whatever else the numbers mean. */
  note: string;
  /** Undefined while loading. */
  points: ChartPoint[] | undefined;
}

export function ChartCard({ title, note, points, ...chart }: ChartCardProps) {
  const id = useId();
  const [asTable, setAsTable] = useState(false);
  const Icon = asTable ? ChartNoAxesColumn : Table2;
  return (
    <Card aria-labelledby={id} className="min-w-0">
      <CardHeader
        id={id}
        title={title}
        note={note}
        action={
          <>
            <Legend series={chart.series} />
            <Button
              variant="ghost"
              size="icon"
              aria-pressed={asTable}
              aria-label={`${title} as a table`}
              title={asTable ? "Show the chart" : "Show the numbers as a table"}
              onClick={() => setAsTable(!asTable)}
            >
              <Icon aria-hidden />
            </Button>
          </>
        }
      />
      {points === undefined ? (
        <div className={BODY_CLASS}>
          <Skeleton className="h-full" />
        </div>
      ) : asTable ? (
        <ChartTable caption={title} points={points} {...chart} className={BODY_CLASS} />
      ) : (
        <div role="img" aria-label={describe(title, points, chart)} className={BODY_CLASS}>
          <TimeChart points={points} {...chart} />
        </div>
      )}
    </Card>
  );
}

function Legend({ series }: Pick<TimeChartProps, "series">) {
  if (series.length < 2) return null;
  return (
    <ul className="mr-1 hidden gap-3 text-2xs text-muted sm:flex">
      {series.map(({ measure, label, color }) => (
        <li key={measure} className="flex items-center gap-1.5">
          <span aria-hidden className="size-2 rounded-[2px]" style={{ background: color }} />
          {label}
        </li>
      ))}
    </ul>
  );
}

function describe(
  title: string,
  points: ChartPoint[],
  { kind, series, bucket, format }: Omit<TimeChartProps, "points">,
): string {
  const measured = kind === "bars" ? series : series.slice(-1);
  const peak = findPeak(points, measured.map(({ measure }) => measure));
  const names = series.map(({ label }) => label).join(", ");
  if (peak === null) return `${title} per ${bucket}: ${names}. Nothing in this range.`;
  const highest = `${format(peak.value)} at ${formatBucket(peak.time, bucket)}`;
  return `${title} per ${bucket}: ${names}. Highest: ${highest}. The numbers are in the table view.`;
}
