/** Where a request was wrong, as the API names the place, and what is wrong with it in plain English. */
export interface Problem {
  /** As in `mappings`, `3`, `attribute`; empty where the whole request was refused. */
  place: string[];
  text: string;
}

// https://docs.pydantic.dev/latest/errors/validation_errors/ has these sentences.
const SENTENCES: readonly [RegExp, string][] = [
  [/^String should match pattern .*$/s, "has characters that are not allowed here"],
  [/^(?:String|Value|Data) should have at least 1 (?:character|item).*$/, "must not be empty"],
  [/^(?:String|Value|Data) should have at most (\d+) characters?.*$/, "may have at most $1 characters"],
  [/^List should have at most (\d+) items.*$/, "may have at most $1 entries"],
  [/^List should have at least 1 item.*$/, "must not be empty"],
  [/^Input should be greater than or equal to (.+)$/, "must be at least $1"],
  [/^Input should be less than or equal to (.+)$/, "may be at most $1"],
  [/^Input should be a valid integer.*$/, "must be a whole number"],
  [/^Input should have timezone info$/, "needs a time zone"],
  [/^Input should be a valid (\w+).*$/, "is no $1"],
  [/^Field required$/, "is missing"],
  [/^Extra inputs are not permitted$/, "is not known to the API"],
  [/^Value error, (.+)$/s, "is not taken: $1"],
  [/^JSON decode error$/, "is no JSON"],
];

const AT_PLACE = /^(?:body|query|path|header)((?:\.[\w-]+)*): (.+)$/s;
const AT_RULE = /^Rule (\d+) (.+)$/s;

/** Reads an error's message: `body.mappings.3.attribute: String should …`, or a sentence of the database. */
export function readProblem(message: string): Problem {
  const [, path, told] = AT_PLACE.exec(message) ?? [];
  if (told !== undefined) return { place: (path ?? "").split(".").filter(Boolean), text: translate(told) };
  const [, rule, wrong] = AT_RULE.exec(message) ?? [];
  if (wrong !== undefined) return { place: ["mappings", String(Number(rule) - 1)], text: wrong };
  return { place: [], text: message };
}

/** The same as one sentence for a person. */
export function explain(message: string): string {
  const { place, text } = readProblem(message);
  if (place.length === 0 || text === message) return text;
  return `${namePlace(place)} ${text.replace(/\.$/, "")}.`;
}

function translate(told: string): string {
  for (const [pattern, words] of SENTENCES) {
    if (pattern.test(told)) return told.replace(pattern, words);
  }
  return told;
}

function namePlace(place: readonly string[]): string {
  const words = place.map((part) => (/^\d+$/.test(part) ? String(Number(part) + 1) : part.replaceAll("_", " ")));
  const text = words.join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
