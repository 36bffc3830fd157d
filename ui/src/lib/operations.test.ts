import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { OPERATIONS, toLook } from "./operations";

it("offers the operations that the API's document lists", () => {
  const document = JSON.parse(readFileSync("../openapi.json", "utf8")) as {
    components: { schemas: { Operation: { enum: string[] } } };
  };
  expect(OPERATIONS).toEqual(document.components.schemas.Operation.enum);
});

it("draws a workflow as an agent, and what it does not know as something else", () => {
  expect(toLook("invoke_workflow")).toBe(toLook("invoke_agent"));
  expect(toLook("toString")).toBe(toLook(null));
  expect(toLook("toString")).not.toBe(toLook("invoke_agent"));
});
