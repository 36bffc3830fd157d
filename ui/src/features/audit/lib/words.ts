/** Subjects and verbs as the database writes them, as people say them. */
const SUBJECTS: ReadonlyMap<string, string> = new Map([
  ["api_key", "Key"],
  ["ingest_token", "Ingest token"],
  ["membership", "Member"],
  ["invitation", "Invitation"],
  ["attribute_mapping", "Mapping rule"],
  ["tenant", "Tenant"],
  ["trace", "Trace"],
  ["user", "User"],
]);
const VERBS: ReadonlyMap<string, string> = new Map([
  ["created", "added"],
  ["changed", "changed"],
  ["deleted", "removed"],
  ["rotated", "rotated"],
  ["revoked", "revoked"],
  ["forgotten", "forgotten"],
  ["restored", "restored"],
  ["digests_shredded", "digests shredded"],
]);

/** "api_key.created" as "Key added"; a new action as it is, less its dots. */
export function nameAction(action: string): string {
  const [subject = "", verb = ""] = action.split(".");
  const words = `${SUBJECTS.get(subject) ?? subject} ${VERBS.get(verb) ?? verb}`.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Whose credential acted: a person, a key, or nobody in particular. */
export function nameActor(actor: string): string {
  if (actor === "dev") return "Development mode";
  if (actor === "command") return "Command line";
  if (actor.startsWith("user:")) return `Person ${actor.slice("user:".length)}`;
  return /^[0-9a-z]{8}$/.test(actor) ? `Key ${actor}` : actor;
}

/** Lines of an event's details: a change as "from → to". */
export function listDetails(details: Record<string, unknown>): { name: string; text: string }[] {
  return Object.entries(details).map(([name, value]) => ({ name: name.replaceAll("_", " "), text: write(value) }));
}

function write(value: unknown): string {
  if (isChange(value)) return `${write(value.from)} → ${write(value.to)}`;
  if (value === null || value === undefined) return "none";
  if (Array.isArray(value)) return value.map(write).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isChange(value: unknown): value is { from: unknown; to: unknown } {
  return typeof value === "object" && value !== null && "from" in value && "to" in value;
}
