import type { Access } from "../access";
import { NOT_LOGGED_IN } from "../api";
import type { Refusal } from "../door";
import { isSecure, readCookies, type CookieChange } from "./cookies";
import { AUTH_UNREACHABLE } from "./refusals";
import { findSession } from "./sessions";

/** What a forwarded request says of its sender, and what its answer changes in the browser. */
export interface Credential {
  authorization: string | null;
  changes: CookieChange[];
}

export const NO_SESSION: Refusal = {
  status: 401,
  code: NOT_LOGGED_IN,
  message: "Nobody is logged in here, or the session has ended. Log in again.",
};

/** Turns the session of a request into the credential that the API wants. */
export async function findCredential(access: Access, request: Request): Promise<Credential | Refusal> {
  if (access.way === "key") return { authorization: `Bearer ${access.apiKey}`, changes: [] };
  if (access.way === "open") return { authorization: null, changes: [] };
  const secure = isSecure(request);
  const session = await findSession(access.project, readCookies(request.headers, secure), secure);
  if (session.state === "none") return NO_SESSION;
  if (session.state === "unknown") return AUTH_UNREACHABLE;
  return { authorization: `Bearer ${session.token}`, changes: session.changes };
}

/** What a 401 of the API means to the person in front of this dashboard. */
export function explainUnauthenticated(access: Access): Refusal {
  if (access.way === "login") return NO_SESSION;
  if (access.way === "key") {
    const message =
      "The API refuses the key in LLM_OBSERVE_API_KEY: it was not copied whole, was revoked, or has expired. " +
      "Set another one on the dashboard's server and restart it.";
    return { status: 401, code: "key_refused", message };
  }
  const message =
    "The API asks who calls, and this dashboard has no log-in. Set SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY on its " +
    "server, so that people log in, or LLM_OBSERVE_API_KEY, which then reads for everybody who reaches it; restart it.";
  return { status: 401, code: "no_way_in", message };
}
