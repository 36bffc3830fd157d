import { formatBucket, type Bucket } from "@/lib/time";

import type { ChartPoint, ChartSeries } from "./series";

interface ChartTooltipProps {
  series: readonly ChartSeries[];
  bucket: Bucket;
  format: (value: number | null) => string;
  /** The rest is filled in by Recharts. */
  active?: boolean;
  payload?: readonly { payload?: ChartPoint }[];
}

export function ChartTooltip({ series, bucket, format, active, payload }: ChartTooltipProps) {
  const point = payload?.[0]?.payload;
  if (!active || !point) return null;
  return (
    <div className="rounded-md border border-border-strong bg-raised px-2.5 py-2 text-xs shadow-raised">
      <p className="mb-1 text-muted">{formatBucket(point.time, bucket)}</p>
      <dl className="grid grid-cols-[auto_auto] items-center gap-x-4 gap-y-0.5">
        {series.map(({ measure, label, color }) => (
          <div key={measure} className="contents">
            <dt className="flex items-center gap-1.5 text-muted">
              <span aria-hidden className="size-2 rounded-[2px]" style={{ background: color }} />
              {label}
            </dt>
            <dd className="text-right font-medium tabular-nums">{format(point[measure])}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
