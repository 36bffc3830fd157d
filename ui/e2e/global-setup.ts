import { startStack } from "./stack";

/** Uses the stack that STACK_JSON names, or starts one for this run and removes it afterwards. */
export default async function globalSetup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.STACK_JSON) return undefined;
  const { file, remove } = await startStack();
  process.env.STACK_JSON = file;
  return remove;
}
