import type { Body } from "../api";
import { isTenantId } from "../tenant";

/** The page itself would wait longer for the same answer. */
const TIMEOUT_MS = 8_000;

interface Visit {
  headers: Headers;
  searchParams: URLSearchParams;
}

/**
 * True if a page is asked for whose tenant the caller is no member of, by the API's own word. Where
 * the API cannot be asked, the page says so itself; parts of pages are asked for by a page that is there.
 */
export async function isOfForeignTenant({ headers, searchParams }: Visit, authorization: string): Promise<boolean> {
  const tenant = searchParams.get("tenant");
  const apiUrl = process.env.API_URL;
  if (!apiUrl || tenant === null || !isTenantId(tenant) || !isDocument(headers)) return false;
  const me = await askMe(apiUrl.replace(/\/+$/, ""), authorization).catch(() => null);
  return me !== null && !me.tenants.some(({ tenant_id: id }) => id === tenant);
}

/** Browsers say what they want to make of an answer; whatever else asks gets what a person would. */
function isDocument(headers: Headers): boolean {
  return (headers.get("sec-fetch-dest") ?? "document") === "document";
}

async function askMe(apiUrl: string, authorization: string): Promise<Body<"Me"> | null> {
  const answer = await fetch(`${apiUrl}/me`, {
    headers: { authorization, accept: "application/json" },
    cache: "no-store",
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return answer.ok ? ((await answer.json()) as Body<"Me">) : null;
}
