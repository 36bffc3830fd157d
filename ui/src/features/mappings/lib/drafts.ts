import { readProblem } from "@/lib/problems";

import type { Field, Rule } from "../api";
import { readTagKey } from "./fields";

/** A rule that is being written; the id is the row's own, and never sent. */
export interface Draft {
  id: number;
  attribute: string;
  field: Field;
  /** Empty: what the attribute holds. */
  value: string;
}

export interface RowProblems {
  attribute?: string;
  field?: string;
  value?: string;
}

export const MOST_RULES = 200;
const MOST_LENGTH = 256;
const MOST_TAG_KEY = 64;
const CONTROL = /[\u0000-\u001f]/;

export function toDrafts(rules: readonly Rule[]): Draft[] {
  return rules.map(({ attribute, field, value }, id) => ({ id, attribute, field, value: value ?? "" }));
}

export function addDraft(drafts: readonly Draft[]): Draft[] {
  const id = Math.max(-1, ...drafts.map((draft) => draft.id)) + 1;
  return [...drafts, { id, attribute: "", field: "request_model", value: "" }];
}

export function toRules(drafts: readonly Draft[]): Rule[] {
  return drafts.map(({ attribute, field, value }) => ({
    attribute: attribute.trim(),
    field,
    value: value === "" ? null : value,
  }));
}

/** What the API would refuse, by row. */
export function findRowProblems(drafts: readonly Draft[]): Map<number, RowProblems> {
  const found = new Map<number, RowProblems>();
  const seen = new Set<string>();
  for (const draft of drafts) {
    const name = JSON.stringify([draft.attribute.trim(), draft.field]);
    const problems: RowProblems = {
      ...describe("attribute", draft.attribute.trim(), "Name the attribute, such as acme.model."),
      ...(draft.value === "" ? {} : describe("value", draft.value, "")),
      ...describeTag(readTagKey(draft.field)),
      ...(seen.has(name) ? { field: "An earlier rule fills this from the same attribute." } : {}),
    };
    seen.add(name);
    if (Object.keys(problems).length > 0) found.set(draft.id, problems);
  }
  return found;
}

function describe(part: "attribute" | "value", text: string, empty: string): RowProblems {
  if (text === "") return { [part]: empty };
  if (text.length > MOST_LENGTH) return { [part]: `At most ${MOST_LENGTH} characters.` };
  return CONTROL.test(text) ? { [part]: "Line breaks and other control characters are not taken." } : {};
}

function describeTag(key: string | null): RowProblems {
  if (key === null) return {};
  if (key === "") return { field: "Name the tag, such as plan." };
  const good = key.length <= MOST_TAG_KEY && !/\s/.test(key);
  return good ? {} : { field: `A tag's name has at most ${MOST_TAG_KEY} characters, and no blank.` };
}

/** The API's refusal at its own row, or null where it is about no row. */
export function placeRefusal(error: Error, drafts: readonly Draft[]): Map<number, RowProblems> | null {
  const { place, text } = readProblem(error.message);
  const [list, index, part = "attribute"] = place;
  const draft = list === "mappings" && index !== undefined ? drafts[Number(index)] : undefined;
  if (!draft) return null;
  const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return new Map([[draft.id, { [part === "field" || part === "value" ? part : "attribute"]: sentence }]]);
}

export function isSame(drafts: readonly Draft[], rules: readonly Rule[]): boolean {
  const known = rules.map(({ attribute, field, value }) => [attribute, field, value ?? null]);
  const written = toRules(drafts).map(({ attribute, field, value }) => [attribute, field, value ?? null]);
  return JSON.stringify(known) === JSON.stringify(written);
}
