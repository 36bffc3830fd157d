export const RANGES = ["1h", "24h", "7d", "30d"] as const;
export type Range = (typeof RANGES)[number];
export type Bucket = "minute" | "hour" | "day";

/** A half-open window in UTC, ISO 8601. */
export interface TimeWindow {
  start: string;
  end: string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const BUCKET_MS: Record<Bucket, number> = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
};

interface RangeFacts {
  label: string;
  durationMs: number;
  bucket: Bucket;
}

/** Buckets are chosen so that a chart draws at most 168 points. */
export const RANGE_FACTS: Record<Range, RangeFacts> = {
  "1h": { label: "Last hour", durationMs: HOUR_MS, bucket: "minute" },
  "24h": { label: "Last 24 hours", durationMs: DAY_MS, bucket: "hour" },
  "7d": { label: "Last 7 days", durationMs: 7 * DAY_MS, bucket: "hour" },
  "30d": { label: "Last 30 days", durationMs: 30 * DAY_MS, bucket: "day" },
};

/** The window of a range that ends with the bucket `now` is in, so that all its buckets are whole. */
export function toWindow(range: Range, now: number): TimeWindow {
  const { durationMs, bucket } = RANGE_FACTS[range];
  const size = BUCKET_MS[bucket];
  const end = Math.floor(now / size) * size + size;
  return { start: new Date(end - durationMs).toISOString(), end: new Date(end).toISOString() };
}

const FRACTION = /\.(\d+)(?=Z|[+-]\d\d:?\d\d|$)/;

/** Microseconds since the epoch; Date keeps milliseconds only, which would shuffle short spans. */
export function toMicroseconds(iso: string): number {
  const fraction = FRACTION.exec(iso)?.[1] ?? "";
  const wholeSeconds = Date.parse(iso.replace(FRACTION, ""));
  return wholeSeconds * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

const clock = new Intl.DateTimeFormat("en-US", {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** The local time of a reader, to the second: "Nov 23, 18:27:03". */
export function formatLocalTime(iso: string): string {
  return clock.format(new Date(iso));
}

/** The same moment in UTC, to the millisecond. */
export function formatUtcTime(iso: string): string {
  return `${new Date(iso).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}

const hourTick = new Intl.DateTimeFormat("en-US", {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const dayTick = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric" });
const dayTickUtc = new Intl.DateTimeFormat("en-US", {
  month: "short",
  day: "numeric",
  timeZone: "UTC",
});

/** An axis label. Day buckets begin at midnight UTC, so they are named by their UTC date. */
export function formatTick(epochMs: number, range: Range): string {
  if (range === "30d") return dayTickUtc.format(epochMs);
  return range === "7d" ? dayTick.format(epochMs) : hourTick.format(epochMs);
}

/** A window on the reader's clock: "Nov 23, 18:00 – 19:00". */
export function formatWindow(start: Date, end: Date): string {
  const from = `${dayTick.format(start)}, ${hourTick.format(start)}`;
  const sameDay = dayTick.format(start) === dayTick.format(end);
  return `${from} – ${sameDay ? "" : `${dayTick.format(end)}, `}${hourTick.format(end)}`;
}

/** The name of one bucket, for a tooltip or a table row. */
export function formatBucket(epochMs: number, bucket: Bucket): string {
  if (bucket === "day") return `${dayTickUtc.format(epochMs)} (UTC day)`;
  return `${dayTick.format(epochMs)}, ${hourTick.format(epochMs)}`;
}
