import { afterEach, describe, expect, it, vi } from "vitest";

import { callApi, type ApiCall } from "./api";

afterEach(() => vi.unstubAllGlobals());

/** What one call sends to the dashboard's own server. */
async function sendBy(path: string, call: ApiCall) {
  const requests: Request[] = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    requests.push(new Request(`http://localhost${url}`, init));
    return Promise.resolve(Response.json({}));
  });
  await callApi(path, call);
  const [request] = requests;
  if (!request) throw new Error("Nothing was sent.");
  return {
    method: request.method,
    type: request.headers.get("content-type"),
    body: await request.text(),
  };
}

describe("a call", () => {
  it.each(["POST", "PUT", "DELETE"] as const)("with %s sends its body as JSON", async (method) => {
    expect(await sendBy("retention", { method, body: { span_days: 30 } })).toEqual({
      method,
      type: "application/json",
      body: '{"span_days":30}',
    });
  });

  it.each([
    ["GET", null, ""],
    ["DELETE", null, ""],
    ["POST", "application/json", "{}"],
  ] as const)("with %s and no body sends %j and %j", async (method, type, body) => {
    expect(await sendBy("keys", { method })).toEqual({ method, type, body });
  });
});
