import type { Body } from "@/lib/api";
import { roundUp } from "@/lib/steps";
import { toMicroseconds } from "@/lib/time";

type Timed = Pick<Body<"SpanDetail">, "start_time" | "duration_ms">;

/** The time all spans of a trace lie in; a root that ended early does not cut its children off. */
export interface Timeline {
  startUs: number;
  durationMs: number;
}

export function toTimeline(spans: readonly Timed[]): Timeline {
  let startUs = Infinity;
  let endUs = -Infinity;
  for (const span of spans) {
    const start = toMicroseconds(span.start_time);
    startUs = Math.min(startUs, start);
    endUs = Math.max(endUs, start + span.duration_ms * 1000);
  }
  if (spans.length === 0) return { startUs: 0, durationMs: 0 };
  return { startUs, durationMs: Math.max(0, endUs - startUs) / 1000 };
}

/** Where a span's bar lies, as shares of the timeline. */
export function toBar(span: Timed, { startUs, durationMs }: Timeline): { left: number; width: number } {
  if (durationMs === 0) return { left: 0, width: 1 };
  const offsetMs = (toMicroseconds(span.start_time) - startUs) / 1000;
  return { left: offsetMs / durationMs, width: span.duration_ms / durationMs };
}

const MINUTE_MS = 60_000;
const CLOCK_STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440].map(
  (minutes) => minutes * MINUTE_MS,
);

/** A round step: decimal below a minute, then as a clock has them, then whole days. */
function roundUpDuration(leastMs: number): number {
  if (leastMs <= MINUTE_MS / 2) return roundUp(leastMs);
  const dayMs = CLOCK_STEPS_MS.at(-1)!;
  return CLOCK_STEPS_MS.find((step) => step >= leastMs) ?? roundUp(leastMs / dayMs) * dayMs;
}

/** Round moments for the axis, from zero, at most `most` of them. */
export function toTicks(durationMs: number, most: number): number[] {
  if (durationMs <= 0) return [0];
  const step = roundUpDuration(durationMs / most);
  const ticks: number[] = [];
  for (let count = 0; count * step < durationMs; count += 1) ticks.push(count * step);
  return ticks;
}
