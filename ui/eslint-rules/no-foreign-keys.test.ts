import { ESLint } from "eslint";
import { expect, it } from "vitest";

const eslint = new ESLint({ cwd: `${import.meta.dirname}/..` });

/** What the dashboard's own configuration says of a file of src/ that holds this code. */
async function findMessages(code: string): Promise<(string | undefined)[]> {
  const [result] = await eslint.lintText(code, { filePath: "src/lib/api.ts" });
  return (result?.messages ?? []).filter(({ ruleId }) => ruleId === "local/no-foreign-keys").map(({ messageId }) => messageId);
}

it.each([
  ["const looks: Record<string, number> = {}; export const look = (name: string) => looks[name];", "key"],
  ["export const look = (table: Record<string, number>, name: string | null) => name && table[name];", "key"],
  ["export const has = (table: object, name: string) => name in table;", "key"],
  ["export const one = (name: string) => ({ [name]: 1 });", "key"],
  ["export function get<T>(table: T, name: keyof T & string) { return table[name]; }", "key"],
  ["export const sum = (all: string[]) => all.reduce<Record<string, number>>((a, n) => { a[n] = 1; return a; }, {});", "key"],
  ["export const all = (names: string[]) => Object.fromEntries(names.map((name) => [name, 1]));", "entries"],
  ["export const all = (names: string[]) => Object.groupBy(names, (name) => name);", "entries"],
])("refuses %s", async (code, messageId) => {
  expect(await findMessages(code)).toContain(messageId);
}, 60_000);

it.each([
  "const table = { a: 1, b: 2 }; export const look = (name: 'a' | 'b') => table[name];",
  "export function look<T extends 'a' | 'b'>(table: Record<T, number>, name: T) { return table[name]; }",
  "export const at = (all: string[], index: number) => all[index];",
  "export const look = (table: Map<string, number>, name: string) => table.get(name);",
])("allows %s", async (code) => {
  expect(await findMessages(code)).toEqual([]);
}, 60_000);

it("refuses a path of Recharts that may be any string", async () => {
  const code = (type: string) => `export const Bar = (_: { dataKey: string }) => null;
    export const Bars = ({ name }: { name: ${type} }) => <Bar dataKey={name} />;`;
  const find = async (type: string) => {
    const [result] = await eslint.lintText(code(type), { filePath: "src/components/charts/time-chart.tsx" });
    return (result?.messages ?? []).filter(({ ruleId }) => ruleId === "local/no-foreign-keys").length;
  };

  expect(await find("string")).toBe(1);
  expect(await find('"p50" | "p95"')).toBe(0);
}, 60_000);
