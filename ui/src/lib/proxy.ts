import type { paths } from "./schema";

/** Every method and path that the API has, as `GET /traces/{trace_id}`. */
type ApiRoute = {
  [Path in keyof paths & string]: {
    [Method in keyof paths[Path] & string]: Required<paths[Path]>[Method] extends { responses: unknown }
      ? `${Uppercase<Method>} ${Path}`
      : never;
  }[keyof paths[Path] & string];
}[keyof paths & string];

interface ProxyRoute {
  method: string;
  pattern: RegExp;
  timeoutMs: number;
  mostBytes: number;
}

const READ_MS = 15_000;
/** Model calls take longer than reads; API Gateway itself gives up after 30 s. */
const RUN_MS = 35_000;
/** Deleting a tenant goes through all of its rows; API Gateway gives up after 30 s. */
const ERASE_MS = 35_000;

/** The routes that pages use, each with the time it gets. No other is forwarded. */
export const TIMEOUTS: Partial<Record<ApiRoute, number>> = {
  "GET /health": READ_MS,
  "GET /spans": READ_MS,
  "GET /traces": READ_MS,
  "GET /facets": READ_MS,
  "GET /traces/{trace_id}": READ_MS,
  "GET /traces/{trace_id}/spans/{span_id}": READ_MS,
  "GET /sessions": READ_MS,
  "GET /sessions/{session_id}": READ_MS,
  "GET /users": READ_MS,
  "GET /users/{user_id}": READ_MS,
  "GET /metrics": READ_MS,
  "POST /demo/run": RUN_MS,
  "POST /demo/fake_app": RUN_MS,
  "GET /me": READ_MS,
  "GET /keys": READ_MS,
  "POST /keys": READ_MS,
  "DELETE /keys/{key_id}": READ_MS,
  "POST /keys/{key_id}/rotate": READ_MS,
  "GET /members": READ_MS,
  "PUT /members/{user_id}": READ_MS,
  "DELETE /members/me": READ_MS,
  "DELETE /members/{user_id}": READ_MS,
  "POST /invitations": READ_MS,
  "DELETE /invitations/{invitation_id}": READ_MS,
  "POST /invitations/accept": READ_MS,
  "GET /tenants": READ_MS,
  "POST /tenants": READ_MS,
  "GET /retention": READ_MS,
  "PUT /retention": READ_MS,
  "GET /content-capture": READ_MS,
  "PUT /content-capture": READ_MS,
  "GET /tag-keys": READ_MS,
  "PUT /tag-keys": READ_MS,
  "GET /mappings": READ_MS,
  "PUT /mappings": READ_MS,
  "POST /mappings/test": READ_MS,
  "GET /views": READ_MS,
  "POST /search": READ_MS,
  "POST /views": READ_MS,
  "PUT /views/{view_id}": READ_MS,
  "DELETE /views/{view_id}": READ_MS,
  "GET /export": READ_MS,
  "GET /audit": READ_MS,
  "GET /setup": READ_MS,
  "DELETE /traces/{trace_id}": ERASE_MS,
  "POST /users/forget": ERASE_MS,
  "POST /deletions": ERASE_MS,
  "GET /deletions": READ_MS,
  "GET /deletions/{deletion_id}": READ_MS,
  "DELETE /tenants/{tenant_id}": ERASE_MS,
};

/** The bodies that pages send are small. */
const BODY_BYTES = 64 * 1024;
/** Hundreds of rules and a span with its texts: as much as the API itself takes of them. */
const MAPPINGS_BYTES = 512 * 1024;

/** The routes whose bodies are larger than others. */
export const LARGE_BODIES: Partial<Record<ApiRoute, number>> = {
  "PUT /mappings": MAPPINGS_BYTES,
  "POST /mappings/test": MAPPINGS_BYTES,
};

/** Stands for a parameter of a path; the API says whether it is a good one. */
const PARAMETER = "[A-Za-z0-9_-]{1,128}";
/** An id that an application made up, percent-encoded: an address, `response:resp_1`, a path. */
const OWN_ID = "(?:[A-Za-z0-9_.~:@!$&'()*+,;=-]|%[0-9A-Fa-f]{2}){1,1000}";
const OWN_IDS: ReadonlySet<string> = new Set(["/sessions/{session_id}", "/users/{user_id}"]);
const ROUTES: readonly ProxyRoute[] = Object.entries(TIMEOUTS).map(([route, timeoutMs]) => {
  const [method = "", path = ""] = route.split(" /");
  const mostBytes = LARGE_BODIES[route as ApiRoute] ?? BODY_BYTES;
  const parameter = OWN_IDS.has(`/${path}`) ? OWN_ID : PARAMETER;
  return { method, pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, parameter)}$`), timeoutMs, mostBytes };
});

const PREFIX = "/api/v1/";

export type Target =
  | { path: string; timeoutMs: number; mostBytes: number }
  | { status: 400 | 404 | 405; code: string; message: string };

/** Where a request may go, judged by its path as it came, still percent-encoded. */
export function matchTarget(method: string, pathname: string): Target {
  const path = pathname.startsWith(PREFIX) ? pathname.slice(PREFIX.length) : "";
  const candidates = ROUTES.filter((route) => route.pattern.test(path));
  if (isAmbiguous(path, candidates.length > 0)) {
    const message = "Encoded characters and dot segments are not allowed in an API path.";
    return { status: 400, code: "invalid_path", message };
  }
  if (candidates.length === 0) {
    return { status: 404, code: "not_found", message: `The dashboard forwards no route /${path}.` };
  }
  const route = candidates.find((candidate) => candidate.method === method);
  if (!route) {
    return { status: 405, code: "method_not_allowed", message: `/${path} does not answer ${method}.` };
  }
  return { path, timeoutMs: route.timeoutMs, mostBytes: route.mostBytes };
}

/** Whether somebody on the way could read another path out of it: only a route that is known may have encoded parts. */
function isAmbiguous(path: string, isKnown: boolean): boolean {
  if (path.includes("\\") || (path.includes("%") && !isKnown)) return true;
  try {
    return decodeURIComponent(path).split(/[/\\]/).some(isDotSegment);
  } catch {
    return true;
  }
}

function isDotSegment(segment: string): boolean {
  return segment === "." || segment === "..";
}

const FORWARDED_REQUEST_HEADERS = ["accept", "content-type", "x-request-id", "x-tenant-id"];
/** Those of an export say how far it has come, and the name of its file. */
const EXPORT_HEADERS = ["content-disposition", "x-export-version", "x-export-rows", "x-export-complete", "x-next-cursor"];
const FORWARDED_RESPONSE_HEADERS = ["content-type", "retry-after", "x-request-id", ...EXPORT_HEADERS];

/** The API learns of its caller by our word only; what a browser claims of itself stays here. */
export function pickRequestHeaders(headers: Headers, authorization: string | null): Headers {
  const picked = pick(headers, FORWARDED_REQUEST_HEADERS);
  if (authorization !== null) picked.set("authorization", authorization);
  return picked;
}

/** Answers belong to one tenant, so nothing on the way may keep them. */
export function pickResponseHeaders(headers: Headers): Headers {
  const picked = pick(headers, FORWARDED_RESPONSE_HEADERS);
  picked.set("cache-control", "no-store");
  return picked;
}

function pick(headers: Headers, names: readonly string[]): Headers {
  const picked = new Headers();
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) picked.set(name, value);
  }
  return picked;
}
