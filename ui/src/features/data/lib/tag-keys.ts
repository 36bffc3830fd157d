export const MOST_KEYS = 8;
const MOST_CHARACTERS = 64;

/** Why a key cannot be added to those that are chosen; null where it can. */
export function findKeyProblem(typed: string, chosen: readonly string[]): string | null {
  const key = typed.trim();
  if (key === "") return null;
  // Postgres counts characters, JavaScript halves of some.
  if ([...key].length > MOST_CHARACTERS) return `A key has at most ${MOST_CHARACTERS} characters.`;
  return chosen.includes(key) ? "This key is chosen already." : null;
}

/** True where saving changes which sums are kept; their order says nothing. */
export function areOthers(saved: readonly string[], chosen: readonly string[]): boolean {
  return saved.length !== chosen.length || chosen.some((key) => !saved.includes(key));
}
