/** Why a request is not let in, in the API's own error shape. */
export interface Refusal {
  status: 400 | 401 | 403 | 404 | 408 | 413 | 415 | 421 | 429 | 503;
  code: string;
  message: string;
}

/** As the API has them in development mode: names that lead to this machine and to no other. */
export const LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]", "host.docker.internal"] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** True on Vercel, whose router gives a deployment only requests for the names that it owns. */
export function isDeployed({ VERCEL }: Environment): boolean {
  return VERCEL === "1";
}

/** The names besides the local ones that LLM_OBSERVE_DEV_HOSTS allows. */
export function readNamedHosts({ LLM_OBSERVE_DEV_HOSTS: names = "" }: Environment): string[] {
  return names
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
}

/**
 * Refuses a Host that nobody gave this server. Without a log-in, a page of a stranger whose name
 * was rebound to 127.0.0.1 could read all: https://owasp.org/www-community/attacks/DNS_Rebinding.
 */
export function refuseHost(headers: Headers, environment: Environment): Refusal | null {
  if (isDeployed(environment)) return null;
  const name = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/.exec(headers.get("host")?.toLowerCase() ?? "")?.[1];
  const allowed: string[] = [...LOCAL_HOSTS, ...readNamedHosts(environment)];
  if (name !== undefined && allowed.includes(name)) return null;
  const message =
    `The dashboard answers to ${LOCAL_HOSTS.join(", ")} and to no other Host. If this name is yours, ` +
    "add it to LLM_OBSERVE_DEV_HOSTS (host names without port, separated by commas) and restart the dashboard.";
  return { status: 421, code: "host_not_allowed", message };
}

/**
 * Refuses what a page of another origin sent. Every present browser says so by Sec-Fetch-Site;
 * older ones and plain HTTP by Origin; a program that is no browser sends neither.
 */
export function refuseOrigin(headers: Headers): Refusal | null {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  const ours = origin === null || isOfHost(origin, headers.get("host"));
  if (site === null ? ours : site === "same-origin" || site === "none") return null;
  const message = "Another site's page sent this request. Open the dashboard itself, and act there.";
  return { status: 403, code: "origin_not_allowed", message };
}

function isOfHost(origin: string, host: string | null): boolean {
  return /^https?:\/\//.test(origin) && origin.replace(/^https?:\/\//, "") === host;
}
