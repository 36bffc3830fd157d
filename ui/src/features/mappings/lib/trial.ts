import { formatExactCost } from "@/lib/format";

import type { TriedSpan } from "../api";
import { nameField } from "./fields";

export type Pasted = { span: object } | { problem: string };

/** Reads what was pasted; the API says whether it is a span. */
export function readPasted(text: string): Pasted {
  if (text.trim() === "") return { problem: "Paste a span in OTLP's JSON first, or take the example." };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: "This is not JSON. A comma or a quotation mark may be missing." };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { problem: "A span is one JSON object, in curly brackets." };
  }
  return { span: value };
}

export interface TrialLine {
  name: string;
  before: string;
  after: string;
  changed: boolean;
}

const NONE = "–";

/** A span's columns by no rule and by the rules, those first that the rules change. */
export function compare(before: TriedSpan | undefined, after: TriedSpan): TrialLine[] {
  const [old, fresh] = [toCells(before), toCells(after)];
  const names = [...new Set([...fresh.keys(), ...old.keys()])];
  const lines = names.map((name) => {
    const [was, is] = [old.get(name) ?? NONE, fresh.get(name) ?? NONE];
    return { name, before: was, after: is, changed: was !== is };
  });
  return lines.toSorted((a, b) => Number(b.changed) - Number(a.changed));
}

function toCells(span: TriedSpan | undefined): Map<string, string> {
  if (!span) return new Map();
  const cells = new Map(Object.entries(span.fields).map(([name, value]) => [nameField(name), write(value)]));
  cells.set("Counts as a model call", span.countable ? "yes" : "no");
  cells.set("Cost", span.cost_usd === null ? NONE : formatExactCost(span.cost_usd));
  cells.set("Other attributes kept", String(Object.keys(span.attributes).length));
  cells.set("Attributes dropped", String(span.dropped_attributes));
  if (span.repairs.length > 0) cells.set("Repairs", span.repairs.join(", "));
  return cells;
}

function write(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

/** A span that no convention knows, as docs/mappings-trial.json has it. */
export const EXAMPLE = JSON.stringify(
  {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    name: "generate",
    startTimeUnixNano: "1795253450000000000",
    endTimeUnixNano: "1795253451000000000",
    attributes: [
      { key: "acme.model", value: { stringValue: "gpt-4o-mini" } },
      { key: "acme.tokens.in", value: { intValue: "1000" } },
      { key: "acme.tokens.out", value: { intValue: "100" } },
    ],
  },
  null,
  2,
);
