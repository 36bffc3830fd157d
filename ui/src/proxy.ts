import { NextResponse, type NextRequest } from "next/server";

import { readAccess } from "@/lib/access";
import { refuseHost } from "@/lib/door";
import { toLoginPath } from "@/lib/next-path";
import { CLOSED_POLICY, writePagePolicy } from "@/lib/response-headers";
import { isSecure, readCookies, writeCookies, type CookieChange } from "@/lib/session/cookies";
import { isOfForeignTenant } from "@/lib/session/foreign-tenant";
import { findSession } from "@/lib/session/sessions";

const NONCE_BYTES = 16;
/** What is shown to people who have not logged in. */
const OPEN_TO_ALL = /^\/(login|auth\/confirm|icon\.svg)$/;

/** Pages of a person, and of no tenant that their address may name. */
const OF_NO_TENANT = /^\/(account|join)$/;

/** A path that no page has. */
const NO_PAGE = "/no-such-page";

// The API's route and the steps of a log-in judge for themselves, and static files are the same for
// everybody. Next reads a body whole before it asks here, so requests with one go elsewhere: see
// next.config.ts.
export const config = {
  matcher: [
    {
      source: "/((?!api/v1/|api/auth/|_next/static/).*)",
      missing: [
        { type: "header", key: "content-length", value: "[1-9]\\d*" },
        { type: "header", key: "transfer-encoding" },
      ],
    },
  ],
};

/** Lets a page in by its Host and its session, and gives its scripts a nonce that no other answer has. */
export async function proxy(request: NextRequest): Promise<NextResponse> {
  const refusal = refuseHost(request.headers, process.env);
  if (refusal) return answerPlainly(refusal.status, refusal.message);
  if (request.method !== "GET" && request.method !== "HEAD") {
    return answerPlainly(405, `A page does not answer ${request.method}. Use GET.`);
  }
  const visit = await judgeVisit(request);
  if ("leadTo" in visit) return leadTo(visit.leadTo, request);
  const response = writePage(request, visit.foreign);
  writeCookies(response.headers, visit.changes, isSecure(request));
  return response;
}

/** A page that is let in: whether its tenant is none of the caller's, and what becomes of the cookies. */
interface Admitted {
  foreign: boolean;
  changes: CookieChange[];
}

/** Looks for the session that a page needs; where there is none, the log-in comes first. */
async function judgeVisit(request: NextRequest): Promise<Admitted | { leadTo: string }> {
  const access = readAccess(process.env);
  const { pathname, searchParams, search } = request.nextUrl;
  const visit = { headers: request.headers, searchParams };
  const isForeign = async (token: string) => !OF_NO_TENANT.test(pathname) && isOfForeignTenant(visit, `Bearer ${token}`);
  if (access.way === "key") return { foreign: await isForeign(access.apiKey), changes: [] };
  if (access.way === "open" || OPEN_TO_ALL.test(pathname)) return { foreign: false, changes: [] };
  // Auth leads here where its list of allowed addresses lacks the callback's.
  if (pathname === "/" && (searchParams.has("code") || searchParams.has("error_code"))) {
    return { leadTo: `/api/auth/callback${search}` };
  }
  const secure = isSecure(request);
  const session = await findSession(access.project, readCookies(request.headers, secure), secure);
  if (session.state === "none") return { leadTo: toLoginPath(`${pathname}${toPageQuery(searchParams)}`) };
  if (session.state === "unknown") return { foreign: false, changes: [] };
  return { foreign: await isForeign(session.token), changes: session.changes };
}

/** Without the parameter that Next adds to its own requests. */
function toPageQuery(searchParams: URLSearchParams): string {
  const own = new URLSearchParams([...searchParams].filter(([name]) => name !== "_rsc"));
  return own.size === 0 ? "" : `?${own}`;
}

function leadTo(path: string, request: NextRequest): NextResponse {
  const response = NextResponse.redirect(new URL(path, request.url), 303);
  response.headers.set("content-security-policy", CLOSED_POLICY);
  response.headers.set("cache-control", "no-store");
  return response;
}

function writePage(request: NextRequest, foreign: boolean): NextResponse {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))).toString("base64");
  const policy = writePagePolicy(nonce, { development: process.env.NODE_ENV === "development" });
  // Next takes the nonce of its own scripts from the request's policy:
  // https://nextjs.org/docs/app/guides/content-security-policy.
  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  headers.set("content-security-policy", policy);
  const answer = { request: { headers } };
  // Another tenant's page is one that is not there, as any page of no tenant is.
  const response = foreign ? NextResponse.rewrite(new URL(NO_PAGE, request.url), answer) : NextResponse.next(answer);
  response.headers.set("content-security-policy", policy);
  return response;
}

function answerPlainly(status: number, message: string): NextResponse {
  return new NextResponse(`${message}\n`, {
    status,
    headers: { "content-security-policy": CLOSED_POLICY, "content-type": "text/plain; charset=utf-8" },
  });
}
