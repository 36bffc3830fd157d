import { createLoader, createSerializer } from "nuqs/server";
import { expect, it } from "vitest";

import { isFiltered, isTraceId, NO_FILTERS, traceParsers, type TraceParams } from "./search-params";

const load = createLoader(traceParsers);
const serialize = createSerializer(traceParsers);

it("reads back every filter that it wrote", () => {
  const params: TraceParams = {
    model: "gpt-4o mini/é&?",
    provider: "openai",
    operation: "chat",
    status: "error",
    trace: "0af7651916cd43dd8448eb211c80319c",
    from: new Date("2026-11-23T18:00:00Z"),
    to: new Date("2026-11-23T19:00:00Z"),
    cursor: "eyJ0IjoxfQ==",
  };

  expect(load(new URL(serialize("http://ui/traces", params)).searchParams)).toEqual(params);
});

it("leaves no trace of filters that are not set", () => {
  expect(serialize("/traces", NO_FILTERS)).toBe("/traces");
});

it("ignores a status that does not exist", () => {
  expect(load(new URLSearchParams({ status: "broken" })).status).toBeNull();
});

it("tells a filter from a page", () => {
  expect(isFiltered(NO_FILTERS)).toBe(false);
  expect(isFiltered({ ...NO_FILTERS, cursor: "x" })).toBe(false);
  expect(isFiltered({ ...NO_FILTERS, model: "gpt-4o" })).toBe(true);
});

it("knows a trace id", () => {
  expect(isTraceId("0af7651916cd43dd8448eb211c80319c")).toBe(true);
  expect(isTraceId("0AF7651916CD43DD8448EB211C80319C")).toBe(false);
  expect(isTraceId("0af7")).toBe(false);
});
