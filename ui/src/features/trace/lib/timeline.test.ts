import { describe, expect, it } from "vitest";

import { toBar, toTicks, toTimeline } from "./timeline";

const at = (start_time: string, duration_ms: number) => ({ start_time, duration_ms });

describe("toTimeline", () => {
  it("reaches from the first start to the last end, also past the root's own end", () => {
    const timeline = toTimeline([at("2026-11-23T10:00:00Z", 100), at("2026-11-23T10:00:00.050Z", 150)]);

    expect(timeline.durationMs).toBe(200);
  });

  it("takes a hundred thousand spans", () => {
    const spans = Array.from({ length: 100_000 }, () => at("2026-11-23T10:00:00Z", 1));

    expect(toTimeline(spans).durationMs).toBe(1);
  });
});

describe("toBar", () => {
  it("places spans that differ by microseconds", () => {
    const first = at("2026-11-23T10:00:00.000100Z", 0.1);
    const second = at("2026-11-23T10:00:00.000200Z", 0.3);
    const timeline = toTimeline([first, second]);

    const bar = toBar(second, timeline);

    expect(bar.left).toBeCloseTo(0.25, 9);
    expect(bar.width).toBeCloseTo(0.75, 9);
  });

  it("fills the width when the whole trace takes no time", () => {
    const span = at("2026-11-23T10:00:00Z", 0);

    expect(toBar(span, toTimeline([span]))).toEqual({ left: 0, width: 1 });
  });
});

describe("toTicks", () => {
  it.each([
    [0, [0]],
    [9.64, [0, 2, 4, 6, 8]],
    [2200, [0, 500, 1000, 1500, 2000]],
    [10 * 60_000, [0, 2, 4, 6, 8].map((minutes) => minutes * 60_000)],
    [141 * 60_000, [0, 30, 60, 90, 120].map((minutes) => minutes * 60_000)],
  ])("divides %d ms at round moments", (duration, ticks) => {
    expect(toTicks(duration, 5)).toEqual(ticks);
  });
});
