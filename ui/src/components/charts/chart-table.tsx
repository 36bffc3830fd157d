import Link from "next/link";

import { cn } from "@/lib/class-names";
import { formatBucket } from "@/lib/time";

import type { TimeChartProps } from "./time-chart";

interface ChartTableProps extends TimeChartProps {
  caption: string;
  className?: string;
}

/** A chart's numbers, newest first. */
export function ChartTable({ caption, points, series, bucket, format, toHref, className }: ChartTableProps) {
  return (
    <div tabIndex={0} role="region" aria-label={`${caption} table`} className={cn("overflow-y-auto", className)}>
      <table className="w-full text-xs tabular-nums">
        <thead className="sticky top-0 bg-surface text-muted">
          <tr>
            <th scope="col" className="py-1 text-left font-normal">
              {bucket[0]?.toUpperCase()}
              {bucket.slice(1)}
            </th>
            {series.map(({ measure, label }) => (
              <th key={measure} scope="col" className="py-1 text-right font-normal">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points.toReversed().map((point) => (
            <tr key={point.time} className="border-t">
              <th scope="row" className="py-1 text-left font-normal">
                <Link href={toHref(point.time)} prefetch={false} className="hover:text-accent hover:underline">
                  {formatBucket(point.time, bucket)}
                </Link>
              </th>
              {series.map(({ measure }) => (
                <td key={measure} className="py-1 text-right">
                  {format(point[measure])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
