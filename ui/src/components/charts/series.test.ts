import { describe, expect, it } from "vitest";

import type { Body } from "@/lib/api";

import { findPeak, findTop, isIsolated, toChartPoints } from "./series";

const QUIET = { requests: 0, errors: 0, cost_usd: null, latency_ms: { p50: null, p95: null, p99: null } };

function makePoint(more: Partial<Body<"SeriesPoint">>): Body<"SeriesPoint"> {
  return {
    bucket_start: "2026-11-23T11:00:00Z",
    requests: 4,
    errors: 1,
    error_rate: 0.25,
    prompt_tokens: 100,
    completion_tokens: 20,
    total_tokens: 120,
    cost_usd: 0.5,
    unpriced_requests: 0,
    unmeasured_requests: 0,
    latency_ms: { p50: 10, p95: 20, p99: 30 },
    time_to_first_token_ms: { p50: null, p95: null, p99: null },
    spans: 0,
    failed_spans: 0,
    span_latency_ms: { p50: null, p95: null, p99: null },
    ...more,
  };
}

describe("toChartPoints", () => {
  it("makes one point per bucket", () => {
    const [point] = toChartPoints([makePoint({})]);

    expect(point).toMatchObject({ time: Date.parse("2026-11-23T11:00:00Z"), succeeded: 3, errors: 1, cost: 0.5, p95: 20 });
  });

  it("draws a quiet bucket as no requests and as a gap in the latency", () => {
    const [quiet] = toChartPoints([makePoint(QUIET)]);

    expect(quiet).toMatchObject({ succeeded: 0, cost: 0, p50: null, p99: null });
  });

  it("keeps an unknown cost unknown", () => {
    const [point] = toChartPoints([makePoint({ cost_usd: null })]);

    expect(point?.cost).toBeNull();
  });
});

describe("a chart's description", () => {
  const points = toChartPoints([makePoint(QUIET), makePoint({}), makePoint(QUIET)]);

  it("finds the highest stack", () => {
    expect(findPeak(points, ["promptTokens", "completionTokens"])?.value).toBe(120);
    expect(findPeak([], ["cost"])).toBeNull();
  });

  it("adds up stacked measures and compares lines", () => {
    expect(findTop(points, ["p50", "p99"], true)).toBe(40);
    expect(findTop(points, ["p50", "p99"], false)).toBe(30);
  });

  it("knows a point that no line would reach", () => {
    expect(isIsolated(points, 1, "p50")).toBe(true);
    expect(isIsolated(points, 0, "p50")).toBe(false);
    expect(isIsolated(points, 1, "cost")).toBe(false);
  });
});
