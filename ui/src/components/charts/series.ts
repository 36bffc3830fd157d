import type { Body } from "@/lib/api";

/** One bucket of every chart. Null is a gap: nothing was measured, or it has no price. */
export interface ChartPoint {
  time: number;
  cost: number | null;
  promptTokens: number | null;
  completionTokens: number | null;
  succeeded: number;
  errors: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export type Measure = Exclude<keyof ChartPoint, "time">;

/** How a measure is drawn and named. */
export interface ChartSeries {
  measure: Measure;
  label: string;
  color: string;
}

/** A bucket without any request: its sums are zero by count, its latency is unknown. */
const QUIET: Omit<ChartPoint, "time"> = {
  cost: 0,
  promptTokens: 0,
  completionTokens: 0,
  succeeded: 0,
  errors: 0,
  p50: null,
  p95: null,
  p99: null,
};

/** One point per bucket of the window: the API's series has no holes. */
export function toChartPoints(series: readonly Body<"SeriesPoint">[]): ChartPoint[] {
  return series.map(toPoint);
}

function toPoint(point: Body<"SeriesPoint">): ChartPoint {
  const time = Date.parse(point.bucket_start);
  if (point.requests === 0) return { time, ...QUIET };
  return {
    time,
    cost: point.cost_usd,
    promptTokens: point.prompt_tokens,
    completionTokens: point.completion_tokens,
    succeeded: point.requests - point.errors,
    errors: point.errors,
    p50: point.latency_ms.p50,
    p95: point.latency_ms.p95,
    p99: point.latency_ms.p99,
  };
}

/** Where a measure is highest, for the text that stands in for a chart; null if it never rises. */
export function findPeak(points: readonly ChartPoint[], measures: readonly Measure[]) {
  let peak: { time: number; value: number } | null = null;
  for (const point of points) {
    const value = measures.reduce((sum, measure) => sum + (point[measure] ?? 0), 0);
    if (value > (peak?.value ?? 0)) peak = { time: point.time, value };
  }
  return peak;
}

/** The highest value a chart has to show: stacked measures are added up, lines are not. */
export function findTop(
  points: readonly ChartPoint[],
  measures: readonly Measure[],
  stacked: boolean,
): number {
  return points.reduce((top, point) => {
    const values = measures.map((measure) => point[measure] ?? 0);
    const value = stacked ? values.reduce((sum, each) => sum + each, 0) : Math.max(...values);
    return Math.max(top, value);
  }, 0);
}

/** A point between two gaps would draw no line, so it needs a dot. */
export function isIsolated(points: readonly ChartPoint[], index: number, measure: Measure): boolean {
  const at = (position: number) => points[position]?.[measure] ?? null;
  return at(index) !== null && at(index - 1) === null && at(index + 1) === null;
}
