import { addSecondTenant, startStack, type StackVariable } from "./stack";

/**
 * Starts the stacks of this run, one in development mode and one where people log in, and removes
 * them afterwards. Uses the one that a variable names instead; E2E_ONLY names the one that is wanted.
 */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const removals = await Promise.all([
    ensure("STACK_JSON", {}, []),
    ensure("LOGIN_STACK_JSON", { LLM_OBSERVE_TENANT_CREATION: "@example.test" }, ["--login"]),
  ]);
  if (process.env.LOGIN_STACK_JSON) await addSecondTenant();
  return async () => {
    await Promise.all(removals.map((remove) => remove?.()));
  };
}

async function ensure(
  variable: StackVariable,
  settings: Record<string, string>,
  options: string[],
): Promise<(() => Promise<void>) | undefined> {
  if (process.env[variable] || (process.env.E2E_ONLY && process.env.E2E_ONLY !== variable)) return undefined;
  const { file, remove } = await startStack(settings, options);
  process.env[variable] = file;
  return remove;
}
