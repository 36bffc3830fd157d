"use client";

import { useRouter } from "next/navigation";
import {
  Bar,
  CartesianGrid,
  ComposedChart,
  Line,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";

import { shortenTick } from "@/lib/format";
import { toAxisTicks } from "@/lib/steps";
import { formatTick, type Bucket, type Range } from "@/lib/time";

import { ChartTooltip } from "./chart-tooltip";
import { findTop, isIsolated, type ChartPoint, type ChartSeries } from "./series";

export interface TimeChartProps {
  kind: "bars" | "lines";
  points: ChartPoint[];
  series: readonly ChartSeries[];
  range: Range;
  bucket: Bucket;
  format: (value: number | null) => string;
  /** True where there is nothing between one and two. */
  whole?: boolean;
  /** Where a bucket leads to, by its start. */
  toHref: (time: number) => string;
}

const INTERVALS = 3;
const TICK = { fontSize: 11, fill: "var(--muted)" };

/** Draws buckets over time. Kept in a chunk of its own, because Recharts is heavy. */
export default function TimeChart({ kind, points, series, range, bucket, format, whole, toHref }: TimeChartProps) {
  const router = useRouter();
  const measures = series.map(({ measure }) => measure);
  const ticks = toAxisTicks(findTop(points, measures, kind === "bars"), INTERVALS, whole ? 1 : 0);
  return (
    <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 560, height: 176 }}>
      <ComposedChart
        data={points}
        syncId="time"
        accessibilityLayer={false}
        className="cursor-pointer"
        onClick={({ activeLabel }) => {
          if (activeLabel !== undefined) router.push(toHref(Number(activeLabel)));
        }}
        margin={{ top: 8, right: 4, bottom: 0, left: 0 }}
        barCategoryGap={points.length > 60 ? "6%" : "18%"}
      >
        <CartesianGrid vertical={false} stroke="var(--chart-grid)" />
        <XAxis
          dataKey="time"
          tickFormatter={(time: number) => formatTick(time, range)}
          ticks={chooseTicks(points, range)}
          interval="preserveStartEnd"
          minTickGap={12}
          tickLine={false}
          axisLine={{ stroke: "var(--border-strong)" }}
          tick={TICK}
          height={22}
        />
        <YAxis
          tickFormatter={(value: number) => shortenTick(format(value))}
          tickLine={false}
          axisLine={false}
          tick={TICK}
          ticks={ticks}
          width={56}
          domain={[0, ticks.at(-1) || 1]}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={kind === "bars" ? { fill: "var(--hover)" } : { stroke: "var(--border-strong)" }}
          content={<ChartTooltip series={series} bucket={bucket} format={format} />}
        />
        {series.map(({ measure, color }) =>
          kind === "bars" ? (
            <Bar key={measure} dataKey={measure} stackId="all" fill={color} isAnimationActive={false} />
          ) : (
            <Line
              key={measure}
              dataKey={measure}
              stroke={color}
              strokeWidth={1.5}
              connectNulls={false}
              isAnimationActive={false}
              activeDot={{ r: 3, strokeWidth: 0 }}
              dot={({ cx, cy, index = -1 }: DotPlace) =>
                isIsolated(points, index, measure) ? (
                  <circle key={index} cx={cx} cy={cy} r={2} fill={color} />
                ) : null
              }
            />
          ),
        )}
      </ComposedChart>
    </ResponsiveContainer>
  );
}

/** Where Recharts puts a point of a line. */
interface DotPlace {
  cx?: number;
  cy?: number;
  index?: number;
}

const IS_ROUND: Record<Range, (time: Date) => boolean> = {
  "1h": (time) => time.getMinutes() % 10 === 0,
  "24h": (time) => time.getHours() % 4 === 0,
  "7d": (time) => time.getHours() === 0,
  "30d": (time) => time.getUTCDate() % 5 === 0,
};

/** Labels stand at round times of the reader's clock. */
function chooseTicks(points: readonly ChartPoint[], range: Range): number[] {
  return points.map(({ time }) => time).filter((time) => IS_ROUND[range](new Date(time)));
}
