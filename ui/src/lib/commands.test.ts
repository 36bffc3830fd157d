import { describe, expect, it } from "vitest";

import { findCommands, groupCommands, readTraceId, type Command } from "./commands";

const command = (group: string, label: string, also = ""): Command => ({ id: label, group, label, also, run: () => undefined });
const COMMANDS = [
  command("Go to", "Overview"),
  command("Go to", "Settings: Keys", "api tokens"),
  command("Tenant", "acme"),
  command("Theme", "Dark theme"),
  command("Tenant", "keys-of-anna"),
];
const find = (text: string) => findCommands(COMMANDS, text).map(({ label }) => label);

describe("findCommands", () => {
  it("finds all of them by nothing, in their order", () => {
    expect(find("  ")).toEqual(COMMANDS.map(({ label }) => label));
  });

  it.each([
    ["KEYS", ["keys-of-anna", "Settings: Keys"]],
    ["go over", ["Overview"]],
    ["over go", ["Overview"]],
    ["tokens", ["Settings: Keys"]],
    ["tenant keys", ["keys-of-anna"]],
    ["keys dark", []],
    ["(.*", []],
  ])("finds by %j what has every word, a label's beginning first", (text, labels) => {
    expect(find(text)).toEqual(labels);
  });

  it("shows fifty of very many", () => {
    expect(findCommands(Array.from({ length: 5_000 }, (_, at) => command("Tenant", `t-${at}`)), "t")).toHaveLength(50);
  });
});

it("brings what was found under its headings, each of them once", () => {
  const groups = groupCommands(findCommands(COMMANDS, ""));

  expect(groups.map(({ name, commands }) => [name, commands.length])).toEqual([["Go to", 2], ["Tenant", 2], ["Theme", 1]]);
});

it.each([
  [" 0AF7651916CD43DD8448EB211C80319C ", "0af7651916cd43dd8448eb211c80319c"],
  ["0af7651916cd43dd8448eb211c80319", null],
  ["", null],
])("takes %j for the trace id %j", (text, id) => {
  expect(readTraceId(text)).toBe(id);
});
