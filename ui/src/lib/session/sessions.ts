import { createHash } from "node:crypto";

import type { AuthProject } from "../access";
import { isRefusal, openAuth } from "./auth";
import type { Cookie, CookieChange } from "./cookies";

/** What Supabase Auth says of a browser's cookies. */
export type Session =
  | { state: "live"; token: string; changes: CookieChange[] }
  /** Nobody has logged in, or the session has ended. */
  | { state: "none" }
  /** Auth cannot be asked, and what the browser holds is too old without it. */
  | { state: "unknown" };

/** How long an answer of Auth holds: a session that is ended elsewhere goes on as long at most. */
export const CHECKED_MS = 10_000;
const MOST_SESSIONS = 1_000;
/** Longer than Auth takes; the client itself tries again for half a minute. */
const PATIENCE_MS = 8_000;

interface Remembered {
  answer: Promise<Session>;
  until: number;
}

/** Of the whole process: pages and the API's route are bundled apart, and share one refresh here. */
const memory: Map<string, Remembered> = ((globalThis as { llmObserveSessions?: Map<string, Remembered> }).llmObserveSessions ??=
  new Map());

/**
 * Finds the session of a request, refreshed where its time is nearly over. All requests that carry
 * the same cookies share one answer: a refresh token works once, and pages ask several things at once.
 */
export function findSession(project: AuthProject, cookies: readonly Cookie[], secure: boolean): Promise<Session> {
  if (cookies.length === 0) return Promise.resolve({ state: "none" });
  const key = toKey(cookies);
  const known = memory.get(key);
  if (known && known.until > Date.now()) return inTime(known.answer);
  const answer = ask(project, cookies, secure);
  const entry = { answer, until: Infinity };
  remember(key, entry);
  void answer.then(({ state }) => {
    entry.until = state === "unknown" ? 0 : Date.now() + CHECKED_MS;
  });
  return inTime(answer);
}

function inTime(answer: Promise<Session>): Promise<Session> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ state: "unknown" }), PATIENCE_MS);
    void answer.then((session) => {
      clearTimeout(timer);
      resolve(session);
    });
  });
}

/** Ends what is remembered of a session that has just been signed out. */
export function forgetSession(cookies: readonly Cookie[]): void {
  memory.delete(toKey(cookies));
}

async function ask(project: AuthProject, cookies: readonly Cookie[], secure: boolean): Promise<Session> {
  const { auth, listChanges } = openAuth(project, cookies, secure);
  try {
    const { data, error } = await auth.getSession();
    if (!data.session) return { state: error && !isRefusal(error) ? "unknown" : "none" };
    const token = data.session.access_token;
    // A signature lives on after a sign-out, so Auth is asked whether the session does.
    const { error: ended } = await auth.getUser(token);
    if (ended && isRefusal(ended)) return { state: "none" };
    return { state: "live", token, changes: listChanges() };
  } catch {
    // Cookies that hold no session: Auth's own errors are answers, not exceptions.
    return { state: "none" };
  }
}

function remember(key: string, entry: Remembered): void {
  memory.delete(key);
  memory.set(key, entry);
  const [oldest] = memory.keys();
  if (memory.size > MOST_SESSIONS && oldest !== undefined) memory.delete(oldest);
}

function toKey(cookies: readonly Cookie[]): string {
  const hash = createHash("sha256");
  for (const { name, value } of cookies) hash.update(`${name}=${value};`);
  return hash.digest("base64");
}
