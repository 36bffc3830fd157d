import { createServerClient } from "@supabase/ssr";
import { isAuthError, type SupabaseClient } from "@supabase/supabase-js";

import type { AuthProject } from "../access";
import { nameSession, type Cookie, type CookieChange } from "./cookies";

const TIMEOUT_MS = 10_000;

export interface Opened {
  auth: SupabaseClient["auth"];
  /** What the browser's cookies have to become. */
  listChanges: () => CookieChange[];
}

/** Supabase Auth for one request, with the session that its cookies hold. */
export function openAuth(project: AuthProject, cookies: readonly Cookie[], secure: boolean): Opened {
  const changes = new Map<string, CookieChange>();
  const { auth } = createServerClient(project.url, project.publishableKey, {
    cookieOptions: { name: nameSession(secure) },
    cookies: {
      getAll: () => [...cookies],
      setAll: (all) => all.forEach((change) => changes.set(change.name, change)),
    },
    global: { fetch: fetchInTime },
  });
  return { auth, listChanges: () => [...changes.values()] };
}

const fetchInTime: typeof fetch = (input, init) =>
  fetch(input, { ...init, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });

/** True if Auth itself said no; false if it could not be asked, or has too much to do. */
export function isRefusal(error: unknown): boolean {
  return isAuthError(error) && error.status !== undefined && error.status >= 400 && error.status < 500 && error.status !== 429;
}
