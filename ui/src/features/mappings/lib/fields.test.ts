import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { FIELDS } from "./fields";

interface FieldDocument {
  components: { schemas: { AttributeRule: { properties: { field: { anyOf: [{ enum: string[] }] } } } } };
}

it("offers the fields that the API's document lists", () => {
  const document = JSON.parse(readFileSync("../openapi.json", "utf8")) as FieldDocument;
  const [columns] = document.components.schemas.AttributeRule.properties.field.anyOf;
  expect(Object.keys(FIELDS).toSorted()).toEqual(columns.enum.toSorted());
});
