import type { Refusal } from "./door";

export interface BodyLimits {
  mostBytes: number;
  mostMs: number;
}

/** Reads a body chunk by chunk, and stops at the first byte or moment too many. */
export async function readBody(request: Request, limits: BodyLimits): Promise<Uint8Array<ArrayBuffer> | Refusal> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > limits.mostBytes) return tooLarge(limits);
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  const timer = new AbortController();
  const late = new Promise<"late">((resolve) => {
    const timeout = setTimeout(() => resolve("late"), limits.mostMs);
    timer.signal.addEventListener("abort", () => clearTimeout(timeout));
  });
  try {
    return await collect(reader, late, limits);
  } finally {
    timer.abort();
    // Not awaited: a body that never ends must not hold the answer.
    void reader.cancel().catch(() => undefined);
  }
}

async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  late: Promise<"late">,
  limits: BodyLimits,
): Promise<Uint8Array<ArrayBuffer> | Refusal> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const next = await Promise.race([reader.read(), late]);
    if (next === "late") return tooSlow(limits);
    if (next.done) break;
    length += next.value.byteLength;
    if (length > limits.mostBytes) return tooLarge(limits);
    chunks.push(next.value);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function tooLarge({ mostBytes }: BodyLimits): Refusal {
  return { status: 413, code: "body_too_large", message: `A body may hold ${mostBytes} bytes. Send less.` };
}

function tooSlow({ mostMs }: BodyLimits): Refusal {
  return { status: 408, code: "body_too_slow", message: `The body did not arrive within ${mostMs / 1000} s. Send it again.` };
}
