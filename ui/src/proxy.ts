import { NextResponse, type NextRequest } from "next/server";

import { refuseHost } from "@/lib/door";
import { CLOSED_POLICY, writePagePolicy } from "@/lib/response-headers";

const NONCE_BYTES = 16;

// The API's route judges for itself, and static files are the same for everybody. Next reads a body
// whole before it asks here, so requests with one go elsewhere: see next.config.ts.
export const config = {
  matcher: [
    {
      source: "/((?!api/v1/|_next/static/).*)",
      missing: [
        { type: "header", key: "content-length", value: "[1-9]\\d*" },
        { type: "header", key: "transfer-encoding" },
      ],
    },
  ],
};

/** Lets a page in by its Host, and gives its scripts a nonce that no other answer has. */
export function proxy(request: NextRequest): NextResponse {
  const refusal = refuseHost(request.headers, process.env);
  if (refusal) return answerPlainly(refusal.status, refusal.message);
  if (request.method !== "GET" && request.method !== "HEAD") {
    return answerPlainly(405, `A page does not answer ${request.method}. Use GET.`);
  }
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))).toString("base64");
  const policy = writePagePolicy(nonce, { development: process.env.NODE_ENV === "development" });
  // Next takes the nonce of its own scripts from the request's policy:
  // https://nextjs.org/docs/app/guides/content-security-policy.
  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  headers.set("content-security-policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  return response;
}

function answerPlainly(status: number, message: string): NextResponse {
  return new NextResponse(`${message}\n`, {
    status,
    headers: { "content-security-policy": CLOSED_POLICY, "content-type": "text/plain; charset=utf-8" },
  });
}
