import { describe, expect, it } from "vitest";

import { toMessages } from "./messages";

describe("toMessages", () => {
  it("reads OpenTelemetry's parts", () => {
    const content = [{ role: "user", parts: [{ type: "text", content: "Hi" }, { type: "text", content: "there" }] }];

    expect(toMessages(content)).toEqual([{ role: "user", text: "Hi\nthere" }]);
  });

  it("reads OpenAI's content, as text or as parts", () => {
    const content = [
      { role: "system", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "Hi" }] },
    ];

    expect(toMessages(content)?.map(({ text }) => text)).toEqual(["Be brief.", "Hi"]);
  });

  it("shows a part that is no text as JSON", () => {
    const content = [{ role: "assistant", parts: [{ type: "tool_call", name: "search" }] }];

    expect(toMessages(content)?.[0]?.text).toContain('"name": "search"');
  });

  it.each([[{ any: "thing" }], [[{ no: "role" }]], [[]], [7]])("leaves %j to be shown as it is", (content) => {
    expect(toMessages(content)).toBeNull();
  });
});
