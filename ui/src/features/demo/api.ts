import { ApiError, type Body, callApi } from "@/lib/api";

export type Program = "run" | "fake_app";

export const PROGRAMS: Record<Program, { label: string; title: string }> = {
  run: { label: "Run Demo", title: "Run an agent with two tools, each of which calls the model" },
  fake_app: {
    label: "Run Fake App",
    title: "Run an application that imports only openai and no telemetry",
  },
};

const POLL_INTERVAL_MS = 250;
const POLL_LIMIT_MS = 10_000;

/** Runs a program as a tenant and waits until its trace can be read. Throws ApiError. */
export async function runProgram(program: Program, tenant: string): Promise<Body<"TraceDetail">> {
  const run = await callApi<Body<"DemoRun"> | Body<"FakeAppRun">>(`demo/${program}`, { method: "POST", tenant });
  return waitForTrace(run.trace_id, tenant);
}

/** Spans are stored after the answer has been sent, so the trace follows a moment later. */
async function waitForTrace(traceId: string, tenant: string): Promise<Body<"TraceDetail">> {
  const giveUpAt = Date.now() + POLL_LIMIT_MS;
  for (;;) {
    try {
      return await callApi<Body<"TraceDetail">>(`traces/${traceId}`, { tenant });
    } catch (error) {
      const notYet = error instanceof ApiError && error.status === 404;
      if (!notYet) throw error;
      if (Date.now() > giveUpAt) {
        const message = `It ran, but its trace ${traceId} has not arrived after ${POLL_LIMIT_MS / 1000} s.`;
        throw new ApiError(404, "trace_missing", message, error.requestId);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
}
