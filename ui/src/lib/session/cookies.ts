import { parseCookieHeader, serializeCookieHeader, type CookieOptions } from "@supabase/ssr";

const NAME = "llm-observe";
/** Longer than a person stays away; each refresh begins it anew. */
const DAYS = 30;
const SECONDS_PER_DAY = 24 * 60 * 60;

export interface Cookie {
  name: string;
  value: string;
}

/** A cookie to set, or with an empty value one to take away. */
export interface CookieChange extends Cookie {
  options: CookieOptions;
}

/**
 * The session's name. By `__Host-` a browser takes it from this very host over HTTPS only, so that
 * no neighbour of it plants one: RFC 6265bis, 4.1.3.2.
 */
export function nameSession(secure: boolean): string {
  return secure ? `__Host-${NAME}` : NAME;
}

/** True where the browser speaks HTTPS: its own word where there is one, else that of the router before us. */
export function isSecure(request: Request): boolean {
  const origin = request.headers.get("origin");
  if (origin?.startsWith("https:")) return true;
  const forwarded = request.headers.get("x-forwarded-proto")?.split(",")[0]?.trim();
  return (forwarded ?? new URL(request.url).protocol.replace(":", "")) === "https";
}

/** The session's cookies of a request; it is cut into several where it is long. */
export function readCookies(headers: Headers, secure: boolean): Cookie[] {
  const name = nameSession(secure);
  return parseCookieHeader(headers.get("cookie") ?? "")
    .filter((cookie) => cookie.name === name || [".", "-"].some((next) => cookie.name.startsWith(`${name}${next}`)))
    .map((cookie) => ({ name: cookie.name, value: cookie.value ?? "" }));
}

/** No script reads them, no other site's request but a link carries them, and no other host gets them. */
export function writeCookies(headers: Headers, changes: readonly CookieChange[], secure: boolean): void {
  for (const { name, value } of changes) {
    const maxAge = value === "" ? 0 : DAYS * SECONDS_PER_DAY;
    const flags = { path: "/", httpOnly: true, sameSite: "lax", secure, maxAge } as const;
    headers.append("set-cookie", serializeCookieHeader(name, value, flags));
  }
}

/** Takes all of them away. */
export function dropCookies(cookies: readonly Cookie[]): CookieChange[] {
  return cookies.map(({ name }) => ({ name, value: "", options: {} }));
}
