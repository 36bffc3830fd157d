import type { AuthProject } from "../access";

/** The ways to log in that a project has switched on. */
export interface LoginWays {
  /** By password and by a link. */
  email: boolean;
  /** Names of OAuth providers, as Auth spells them. */
  providers: string[];
}

const TIMEOUT_MS = 5_000;
const KEPT_MS = 60_000;
/** Members of Auth's list that are no OAuth providers. */
const OTHERS = new Set(["email", "phone", "anonymous_users", "web3_ethereum", "web3_solana"]);

let kept: { ways: LoginWays; url: string; until: number } | null = null;

/** Asks Auth for its settings, once a minute; null if it cannot be reached. */
export async function readLoginWays({ url, publishableKey }: AuthProject): Promise<LoginWays | null> {
  if (kept?.url === url && kept.until > Date.now()) return kept.ways;
  const ways = await ask(url, publishableKey).catch(() => null);
  if (ways) kept = { ways, url, until: Date.now() + KEPT_MS };
  return ways;
}

async function ask(url: string, publishableKey: string): Promise<LoginWays> {
  const response = await fetch(`${url}/auth/v1/settings`, {
    headers: { apikey: publishableKey },
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`Auth answered ${response.status}.`);
  const { external = {} } = (await response.json()) as { external?: Record<string, unknown> };
  const on = Object.entries(external)
    .filter(([, enabled]) => enabled === true)
    .map(([name]) => name);
  return { email: on.includes("email"), providers: on.filter((name) => !OTHERS.has(name)).sort() };
}
