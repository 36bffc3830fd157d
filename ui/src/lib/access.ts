type Environment = Readonly<Record<string, string | undefined>>;

/** The part of a Supabase project that logs people in. */
export interface AuthProject {
  url: string;
  publishableKey: string;
}

/**
 * How this server gets a credential for the API: from a person who logs in, from a key of its own,
 * or not at all, which a stack in development mode lets in.
 */
export type Access = { way: "login"; project: AuthProject } | { way: "key"; apiKey: string } | { way: "open" };
export type Way = Access["way"];

/** Decides it from the server's environment, read at each request: one build serves all three. */
export function readAccess(environment: Environment): Access {
  const { SUPABASE_URL: url, SUPABASE_PUBLISHABLE_KEY: publishableKey, LLM_OBSERVE_API_KEY: apiKey } = environment;
  if (url && publishableKey) return { way: "login", project: { url: url.replace(/\/+$/, ""), publishableKey } };
  if (apiKey) return { way: "key", apiKey };
  return { way: "open" };
}
