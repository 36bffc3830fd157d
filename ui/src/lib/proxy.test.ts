import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { LARGE_BODIES, matchTarget, pickRequestHeaders, pickResponseHeaders, TIMEOUTS } from "./proxy";

const MAPPINGS = join(import.meta.dirname, "../../../functions/mappings/handler.py");

describe("matchTarget", () => {
  it.each(Object.entries(TIMEOUTS))("forwards %s, a parameter as it is", (route, timeoutMs) => {
    const [method = "", path = ""] = route.replaceAll(/\{\w+\}/g, "0af7651916cd43dd8448eb211c80319c").split(" /");

    expect(matchTarget(method, `/api/v1/${path}`)).toMatchObject({ path, timeoutMs });
  });

  it.each(["v1/traces", "v1/logs", "users/anna/data"])("forwards no %s: no page uses it", (path) => {
    expect(matchTarget("POST", `/api/v1/${path}`)).toMatchObject({ status: 404, code: "not_found" });
  });

  it.each(["", "admin", "health/x", "traces/", "traces/a/b", "demo", "openapi.json", "//evil.example/health"])(
    "knows no route %j",
    (path) => {
      expect(matchTarget("GET", `/api/v1/${path}`)).toMatchObject({ status: 404, code: "not_found" });
    },
  );

  it.each(["traces/..%2Fhealth", "traces/%2e%2e", "../health", "traces/./x", "traces/a\\b", "traces/a%00"])(
    "refuses the path %j",
    (path) => {
      expect(matchTarget("GET", `/api/v1/${path}`)).toMatchObject({ status: 400, code: "invalid_path" });
    },
  );

  it.each(["sessions/response:resp_1", "sessions/a%2Fb", "users/maria%40example.com", "users/50%25"])(
    "forwards the encoded id of %j as it is",
    (path) => {
      expect(matchTarget("GET", `/api/v1/${path}`)).toMatchObject({ path });
    },
  );

  it.each(["users/..%2Fkeys", "sessions/%2e%2e", "sessions/a%2F..%2Fb", "users/%E0", "users/a%5C..%5Cb"])(
    "refuses an id that is another path: %j",
    (path) => {
      expect(matchTarget("GET", `/api/v1/${path}`)).toMatchObject({ status: 400, code: "invalid_path" });
    },
  );

  it("takes a body as large as the API does where that is more than 64 KiB, and no larger one elsewhere", () => {
    const bytes = Number(/_MOST_BYTES: Final = ([\d_]+)/.exec(readFileSync(MAPPINGS, "utf8"))?.[1]?.replaceAll("_", ""));

    expect(Object.values(LARGE_BODIES)).toEqual([bytes, bytes]);
    expect(matchTarget("PUT", "/api/v1/mappings")).toMatchObject({ mostBytes: bytes });
    expect(matchTarget("POST", "/api/v1/mappings/test")).toMatchObject({ mostBytes: bytes });
    expect(matchTarget("PUT", "/api/v1/retention")).toMatchObject({ mostBytes: 65_536 });
  });

  it("leaves a malformed trace id to the API, which says why", () => {
    expect(matchTarget("GET", "/api/v1/traces/XYZ")).toMatchObject({ path: "traces/XYZ" });
  });

  it("refuses another method", () => {
    expect(matchTarget("POST", "/api/v1/traces")).toMatchObject({ status: 405 });
    expect(matchTarget("GET", "/api/v1/demo/run")).toMatchObject({ status: 405 });
    expect(matchTarget("DELETE", "/api/v1/keys")).toMatchObject({ status: 405 });
  });
});

it("forwards the tenant, and neither a cookie nor a credential of the browser's own", () => {
  const sent = new Headers({ "x-tenant-id": "tenant-123", cookie: "a=b", host: "here", authorization: "Bearer forged", apikey: "x" });

  expect([...pickRequestHeaders(sent, null)]).toEqual([["x-tenant-id", "tenant-123"]]);
  expect(pickRequestHeaders(sent, "Bearer ours").get("authorization")).toBe("Bearer ours");
});

it("lets nothing on the way keep an answer", () => {
  const headers = pickResponseHeaders(
    new Headers({ "cache-control": "public", "content-type": "application/json", "set-cookie": "a=b" }),
  );

  expect([...headers]).toEqual([
    ["cache-control", "no-store"],
    ["content-type", "application/json"],
  ]);
});

it("lets an export through with the name of its file, and how to go on", () => {
  const told = { "content-disposition": 'attachment; filename="tenant-123-spans.csv"', "x-next-cursor": "999.abc" };
  const counts = { "x-export-complete": "false", "x-export-rows": "999", "x-export-version": "1" };
  const headers = pickResponseHeaders(new Headers({ "content-type": "text/csv; charset=utf-8", ...told, ...counts }));

  expect(new Map(headers)).toEqual(
    new Map([
      ["cache-control", "no-store"],
      ["content-type", "text/csv; charset=utf-8"],
      ...Object.entries(told),
      ...Object.entries(counts),
    ]),
  );
});
