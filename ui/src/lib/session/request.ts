import { readAccess, type AuthProject } from "../access";
import { readBody } from "../bounded-body";
import { refuseHost, refuseOrigin, type Refusal } from "../door";
import { isSecure, readCookies, writeCookies, type Cookie, type CookieChange } from "./cookies";

const LIMITS = { mostBytes: 8 * 1024, mostMs: 10_000 };

/** A step of a log-in, as a browser asks for it. */
export interface LoginRequest {
  project: AuthProject;
  cookies: Cookie[];
  secure: boolean;
  /** The address of this dashboard, as the browser has it. */
  origin: string;
  url: URL;
  /** The members of the JSON body that are texts. */
  body: ReadonlyMap<string, string>;
}

/** Lets a step of a log-in in. By GET comes only what a link elsewhere leads to. */
export async function readLogin(request: Request): Promise<LoginRequest | Refusal> {
  const byLink = request.method === "GET";
  const stranger = refuseHost(request.headers, process.env) ?? (byLink ? null : refuseOrigin(request.headers));
  if (stranger) return stranger;
  const access = readAccess(process.env);
  if (access.way !== "login") {
    return { status: 404, code: "no_login", message: "Nobody logs in at this dashboard: its server has no SUPABASE_URL." };
  }
  const body = byLink ? new Map<string, string>() : await readTexts(request);
  if ("status" in body) return body;
  const secure = isSecure(request);
  const origin = `${secure ? "https" : "http"}://${request.headers.get("host") ?? ""}`;
  const cookies = readCookies(request.headers, secure);
  return { project: access.project, cookies, secure, origin, url: new URL(request.url), body };
}

/** No page of another site may send JSON without being asked whether it may. */
async function readTexts(request: Request): Promise<Map<string, string> | Refusal> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? "")) {
    return { status: 415, code: "not_json", message: "Send JSON, with content-type: application/json." };
  }
  const bytes = await readBody(request, LIMITS);
  if ("status" in bytes) return bytes;
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return new Map(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === "string"));
    }
  } catch {
    // Said below.
  }
  return { status: 400, code: "not_json", message: "The body is no JSON object." };
}

/** Tells the page where to go on, with the cookies of the session. */
export function answerNext(login: LoginRequest, next: string | null, changes: readonly CookieChange[]): Response {
  const response = Response.json({ next }, { headers: { "cache-control": "no-store" } });
  writeCookies(response.headers, changes, login.secure);
  return response;
}

/** Leads a browser that came by a link. The address is relative, so no Host can lead elsewhere. */
export function leadTo(path: string, login: LoginRequest, changes: readonly CookieChange[]): Response {
  const response = new Response(null, { status: 303, headers: { location: path, "cache-control": "no-store" } });
  writeCookies(response.headers, changes, login.secure);
  return response;
}
