import type { Field } from "../api";

interface FieldFacts {
  label: string;
  group: "Call" | "Tokens" | "Whose" | "Outcome" | "Content";
}

/** Every field that a rule can fill; the type says so, and fails to compile where the API has another. */
export const FIELDS: Record<Field, FieldFacts> = {
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
  environment: { label: "Environment", group: "Whose" },
  agent_name: { label: "Agent", group: "Whose" },
  tool_name: { label: "Tool", group: "Whose" },
  finish_reasons: { label: "Finish reasons", group: "Outcome" },
  error_type: { label: "Error type", group: "Outcome" },
  input: { label: "Prompt (content)", group: "Content" },
  output: { label: "Answer (content)", group: "Content" },
};

export const FIELD_NAMES = Object.keys(FIELDS) as Field[];
export const GROUPS = [...new Set(Object.values(FIELDS).map(({ group }) => group))];

const LABELS: ReadonlyMap<string, string> = new Map(Object.entries(FIELDS).map(([name, { label }]) => [name, label]));

/** A column as people call it; one that no rule fills by its own name. */
export function nameField(column: string): string {
  const words = column.replaceAll("_", " ");
  return LABELS.get(column) ?? words.charAt(0).toUpperCase() + words.slice(1);
}
