import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";

import { keepIfEqual } from "./sharing";

const parse = (text: string): unknown => JSON.parse(text);

it("keeps every key of an answer that changed", () => {
  const client = new QueryClient({ defaultOptions: { queries: { structuralSharing: keepIfEqual } } });
  const changed = '{"attributes":{"__proto__":"a","constructor":"b","new":"c"}}';

  client.setQueryData(["trace"], parse('{"attributes":{"__proto__":"a","constructor":"b"}}'));
  client.setQueryData(["trace"], parse(changed));

  expect(JSON.stringify(client.getQueryData(["trace"]))).toBe(changed);
});

it("keeps the answer itself where nothing changed", () => {
  const previous = parse('{"a":[1,{"b":2}]}');

  expect(keepIfEqual(previous, parse('{"a":[1,{"b":2}]}'))).toBe(previous);
  expect(keepIfEqual(undefined, previous)).toBe(previous);
});
