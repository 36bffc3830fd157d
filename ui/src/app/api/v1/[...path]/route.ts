import type { NextRequest } from "next/server";

import { readBody } from "@/lib/bounded-body";
import { refuseHost, refuseOrigin, type Refusal } from "@/lib/door";
import { matchTarget, pickRequestHeaders, pickResponseHeaders, type Target } from "@/lib/proxy";

export const dynamic = "force-dynamic";

/** The bodies that pages send are small. */
const BODY_LIMITS = { mostBytes: 64 * 1024, mostMs: 10_000 };

async function forward(request: NextRequest): Promise<Response> {
  const stranger = refuseHost(request.headers, process.env) ?? refuseOrigin(request.headers);
  if (stranger) return refuse(stranger);
  const { pathname, search } = new URL(request.url);
  const target = matchTarget(request.method, pathname);
  if ("status" in target) return refuse(target);

  // Read at each request, so that one build serves any API address.
  const apiUrl = process.env.API_URL;
  if (!apiUrl) {
    const message = "Set API_URL to the address of the llm-observe API and restart the dashboard.";
    return fail(502, "api_url_missing", message);
  }
  const body = request.method === "GET" ? null : await readBody(request, BODY_LIMITS);
  if (body !== null && "status" in body) return refuse(body);
  try {
    const upstream = await fetch(`${apiUrl.replace(/\/+$/, "")}/${target.path}${search}`, {
      method: request.method,
      headers: pickRequestHeaders(request.headers),
      body,
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(target.timeoutMs)]),
    });
    // Read in full here: a connection that breaks half-way must be a 502 as well.
    const answer = await upstream.arrayBuffer();
    return new Response(answer, {
      status: upstream.status,
      headers: pickResponseHeaders(upstream.headers),
    });
  } catch (error) {
    return explain(error, target.timeoutMs);
  }
}

function explain(error: unknown, timeoutMs: number): Response {
  if (error instanceof Error && error.name === "TimeoutError") {
    return fail(504, "api_timeout", `The API did not answer within ${timeoutMs / 1000} s.`);
  }
  return fail(502, "api_unreachable", "The API can't be reached. Is it running at API_URL?");
}

/** Ends the connection too, so that no more of an unread body is sent. */
function refuse({ status, code, message }: Refusal | Extract<Target, { status: number }>): Response {
  const response = fail(status, code, message);
  response.headers.set("connection", "close");
  return response;
}

function fail(status: number, code: string, message: string): Response {
  const requestId = crypto.randomUUID();
  return Response.json(
    { error: { code, message, request_id: requestId } },
    { status, headers: { "cache-control": "no-store", "x-request-id": requestId } },
  );
}

export { forward as DELETE, forward as GET, forward as POST, forward as PUT };
