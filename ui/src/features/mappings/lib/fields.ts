interface FieldFacts {
  label: string;
  group: "Call" | "Tokens" | "Whose" | "Outcome" | "Content";
}

/** Every field that a rule can fill, beside tags; a test compares it with the API's document. */
export const FIELDS = {
  operation: { label: "Operation", group: "Call" },
  provider: { label: "Provider", group: "Call" },
  request_model: { label: "Model asked for", group: "Call" },
  response_model: { label: "Model that answered", group: "Call" },
  response_id: { label: "Response id", group: "Call" },
  service_tier: { label: "Service tier", group: "Call" },
  streamed: { label: "Streamed", group: "Call" },
  time_to_first_token_ms: { label: "Time to first token (ms)", group: "Call" },
  input_tokens: { label: "Input tokens", group: "Tokens" },
  output_tokens: { label: "Output tokens", group: "Tokens" },
  cache_read_tokens: { label: "Cache read tokens", group: "Tokens" },
  cache_write_tokens: { label: "Cache write tokens", group: "Tokens" },
  reasoning_tokens: { label: "Reasoning tokens", group: "Tokens" },
  input_tokens_without_cache: { label: "Input tokens without cache", group: "Tokens" },
  output_tokens_without_reasoning: { label: "Output tokens without reasoning", group: "Tokens" },
  session_id: { label: "Session", group: "Whose" },
  user_id: { label: "User", group: "Whose" },
  customer_id: { label: "Customer", group: "Whose" },
  environment: { label: "Environment", group: "Whose" },
  release: { label: "Release", group: "Whose" },
  agent_name: { label: "Agent", group: "Whose" },
  tool_name: { label: "Tool", group: "Whose" },
  prompt_name: { label: "Stored prompt", group: "Whose" },
  prompt_version: { label: "Stored prompt's version", group: "Whose" },
  finish_reasons: { label: "Finish reasons", group: "Outcome" },
  error_type: { label: "Error type", group: "Outcome" },
  input: { label: "Prompt (content)", group: "Content" },
  output: { label: "Answer (content)", group: "Content" },
} as const satisfies Record<string, FieldFacts>;

const ENTRIES: [name: string, facts: FieldFacts][] = Object.entries(FIELDS);
export const GROUPS = [...new Set(ENTRIES.map(([, { group }]) => group))];

/** The fields of a group, with their labels. */
export function listFields(group: FieldFacts["group"]): [name: string, label: string][] {
  return ENTRIES.filter(([, facts]) => facts.group === group).map(([name, { label }]) => [name, label]);
}

const TAG = "tag:";

/** The key of the tag that a field is, or null for a column. */
export function readTagKey(field: string): string | null {
  return field.startsWith(TAG) ? field.slice(TAG.length) : null;
}

/** The field of a tag; without a key it is none yet. */
export function toTagField(key: string): string {
  return TAG + key;
}

const LABELS: ReadonlyMap<string, string> = new Map(ENTRIES.map(([name, { label }]) => [name, label]));

/** A column as people call it; one that no rule fills by its own name. */
export function nameField(column: string): string {
  const words = column.replaceAll("_", " ");
  return LABELS.get(column) ?? words.charAt(0).toUpperCase() + words.slice(1);
}
