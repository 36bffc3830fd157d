import type { NextRequest } from "next/server";

import { readAccess } from "@/lib/access";
import { fail, refuse } from "@/lib/answers";
import { readBody } from "@/lib/bounded-body";
import { refuseHost, refuseOrigin } from "@/lib/door";
import { matchTarget, pickRequestHeaders, pickResponseHeaders } from "@/lib/proxy";
import { isSecure, writeCookies } from "@/lib/session/cookies";
import { explainUnauthenticated, findCredential, type Credential } from "@/lib/session/credential";

export const dynamic = "force-dynamic";

const BODY_MS = 10_000;

async function forward(request: NextRequest): Promise<Response> {
  const stranger = refuseHost(request.headers, process.env) ?? refuseOrigin(request.headers);
  if (stranger) return refuse(stranger);
  const target = matchTarget(request.method, new URL(request.url).pathname);
  if ("status" in target) return refuse(target);

  // Read at each request, so that one build serves any API address.
  const apiUrl = process.env.API_URL;
  if (!apiUrl) {
    const message = "Set API_URL to the address of the llm-observe API and restart the dashboard.";
    return fail(502, "api_url_missing", message);
  }
  const credential = await findCredential(readAccess(process.env), request);
  if ("status" in credential) return refuse(credential);
  const answer = await ask(request, `${apiUrl.replace(/\/+$/, "")}/${target.path}`, target, credential);
  writeCookies(answer.headers, credential.changes, isSecure(request));
  return answer;
}

interface Bounds {
  timeoutMs: number;
  mostBytes: number;
}

async function ask(request: NextRequest, url: string, bounds: Bounds, credential: Credential): Promise<Response> {
  const { timeoutMs, mostBytes } = bounds;
  const body = request.method === "GET" ? null : await readBody(request, { mostBytes, mostMs: BODY_MS });
  if (body !== null && "status" in body) return refuse(body);
  try {
    const upstream = await fetch(`${url}${new URL(request.url).search}`, {
      method: request.method,
      headers: pickRequestHeaders(request.headers, credential.authorization),
      body,
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]),
    });
    if (upstream.status === 401) return refuse(explainUnauthenticated(readAccess(process.env)));
    // Read in full here: a connection that breaks half-way must be a 502 as well.
    const answer = await upstream.arrayBuffer();
    return new Response(answer, {
      status: upstream.status,
      headers: pickResponseHeaders(upstream.headers),
    });
  } catch (error) {
    return explain(error, timeoutMs);
  }
}

function explain(error: unknown, timeoutMs: number): Response {
  if (error instanceof Error && error.name === "TimeoutError") {
    return fail(504, "api_timeout", `The API did not answer within ${timeoutMs / 1000} s.`);
  }
  return fail(502, "api_unreachable", "The API can't be reached. Is it running at API_URL?");
}

export { forward as DELETE, forward as GET, forward as POST, forward as PUT };
