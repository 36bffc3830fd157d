import { describe, expect, it } from "vitest";

import { readBody } from "./bounded-body";

const LIMITS = { mostBytes: 1_000, mostMs: 200 };

/** A request whose body gives chunks of `size` bytes until told to stop, and counts them. */
function makeRequest(size: number, count: number, headers: Record<string, string> = {}) {
  let pulled = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (pulled === count) return controller.close();
      pulled += 1;
      controller.enqueue(new Uint8Array(size));
    },
  });
  const request = new Request("http://ui/", { method: "POST", body, headers, duplex: "half" } as RequestInit);
  return { request, countPulled: () => pulled };
}

describe("readBody", () => {
  it("gives a body of the limit", async () => {
    expect(await readBody(makeRequest(250, 4).request, LIMITS)).toHaveLength(1_000);
    expect(await readBody(new Request("http://ui/", { method: "POST" }), LIMITS)).toHaveLength(0);
  });

  it("stops at the first byte too many", async () => {
    const { request, countPulled } = makeRequest(250, 1_000_000);

    expect(await readBody(request, LIMITS)).toMatchObject({ status: 413, code: "body_too_large" });
    expect(countPulled()).toBeLessThanOrEqual(7);
  });

  it("reads nothing of a body that announces too much", async () => {
    const { request, countPulled } = makeRequest(250, 1_000, { "content-length": "250000" });

    expect(await readBody(request, LIMITS)).toMatchObject({ status: 413 });
    expect(countPulled()).toBeLessThanOrEqual(1);
  });

  it("does not wait for a body that never ends", async () => {
    const request = new Request("http://ui/", {
      method: "POST",
      body: new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) }),
      duplex: "half",
    } as RequestInit);

    expect(await readBody(request, LIMITS)).toMatchObject({ status: 408, code: "body_too_slow" });
  });
});
