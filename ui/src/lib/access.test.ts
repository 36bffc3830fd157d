import { expect, it } from "vitest";

import { readAccess } from "./access";

const PROJECT = { SUPABASE_URL: "https://x.supabase.co/", SUPABASE_PUBLISHABLE_KEY: "sb_publishable_x" };
const KEY = { LLM_OBSERVE_API_KEY: "lo_live_x" };

it.each([
  [PROJECT, { way: "login", project: { url: "https://x.supabase.co", publishableKey: "sb_publishable_x" } }],
  [{ ...PROJECT, ...KEY }, { way: "login", project: { url: "https://x.supabase.co", publishableKey: "sb_publishable_x" } }],
  [KEY, { way: "key", apiKey: "lo_live_x" }],
  [{ SUPABASE_URL: PROJECT.SUPABASE_URL, ...KEY }, { way: "key", apiKey: "lo_live_x" }],
  [{ ...PROJECT, SUPABASE_PUBLISHABLE_KEY: "" }, { way: "open" }],
  [{}, { way: "open" }],
])("%j means %j", (environment, access) => {
  expect(readAccess(environment)).toEqual(access);
});
