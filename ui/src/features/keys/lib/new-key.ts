import type { NewKey, Scope } from "../api";

/** What a person fills in to make a key. */
export interface KeyForm {
  name: string;
  environment: string;
  scopes: Scope[];
  lifetime: Lifetime;
}

export const SCOPES: readonly { scope: Scope; label: string; hint: string }[] = [
  { scope: "ingest", label: "Send spans", hint: "For applications. It can read nothing." },
  { scope: "read", label: "Read traces and metrics", hint: "Sees everything that was stored, and changes nothing." },
  { scope: "admin", label: "Administer", hint: "Makes and ends keys, changes settings, deletes data." },
];

const DAY_MS = 86_400_000;
export const LIFETIMES = {
  never: { label: "Never", days: null },
  "30d": { label: "In 30 days", days: 30 },
  "90d": { label: "In 90 days", days: 90 },
  "1y": { label: "In a year", days: 365 },
} as const;
export type Lifetime = keyof typeof LIFETIMES;

export const EMPTY_KEY: KeyForm = { name: "", environment: "live", scopes: ["ingest"], lifetime: "never" };

export interface KeyProblems {
  name?: string;
  environment?: string;
  scopes?: string;
}

/** What the API would refuse, in words; empty where it would not. */
export function findKeyProblems({ name, environment, scopes }: KeyForm): KeyProblems {
  return {
    ...(name.trim() === "" ? { name: "Give the key a name, such as the application that gets it." } : {}),
    ...(name.length > 200 ? { name: "A name has at most 200 characters." } : {}),
    ...(/^[a-z0-9-]{1,32}$/.test(environment)
      ? {}
      : { environment: "Lower-case letters, digits and hyphens, at most 32." }),
    ...(scopes.length === 0 ? { scopes: "Choose at least one thing that the key may do." } : {}),
  };
}

export function toNewKey({ name, environment, scopes, lifetime }: KeyForm, now: number): NewKey {
  const { days } = LIFETIMES[lifetime];
  return {
    name: name.trim(),
    environment,
    scopes,
    expires_at: days === null ? null : new Date(now + days * DAY_MS).toISOString(),
  };
}
