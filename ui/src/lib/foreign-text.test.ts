import { describe, expect, it } from "vitest";

import { readStretches, spell } from "./foreign-text";

describe("a name", () => {
  it.each([
    ["invoice\u202egnp.exe", "invoice[U+202E]gnp.exe"],
    ["\u2066a\u2069", "[U+2066]a[U+2069]"],
    ["\u061c\u200e", "[U+061C U+200E]"],
    ["gpt\u200b-4o\ufeff", "gpt[U+200B]-4o[U+FEFF]"],
    ["a\u0000\u001b[31m\u0085", "a[U+0000 U+001B][31m[U+0085]"],
    ["a\nb\tc", "a[U+000A]b[U+0009]c"],
    ["\u{E0067}\u{E007F}", "[U+E0067 U+E007F]"],
    ["\ud800", "[U+D800]"],
    ["\ue000\u0378", "[U+E000 U+0378]"],
    ["\u3164\u2800\u00ad", "[U+3164 U+2800 U+00AD]"],
    [" a  b ", "[U+0020]a[U+0020 U+0020]b[U+0020]"],
    ["   ", "[U+0020 U+0020 U+0020]"],
    ["a\u00a0b\u2028c", "a[U+00A0]b[U+2028]c"],
    ["\u200b".repeat(8_192), `[${"U+200B ".repeat(6)}and 8186 more]`],
  ])("names what is not seen: case %#", (text, shown) => {
    expect(spell(text)).toBe(shown);
  });

  it.each(["", "chat gpt-4o", "constructor", "__proto__", "[U+202E]", "مرحبا", "日本語", "é", "👩🏽\u200d💻 ❤\ufe0f 1\ufe0f⃣", "<b>"])(
    "leaves %j as it is",
    (text) => {
      expect(spell(text)).toBe(text);
    },
  );

  it("says which stretch is named", () => {
    expect(readStretches("a\u202eb")).toEqual([
      { text: "a", named: false },
      { text: "U+202E", named: true },
      { text: "b", named: false },
    ]);
  });
});

describe("prose", () => {
  it("keeps line breaks, tabs and blanks", () => {
    expect(spell("a\r\n\tb\n\n  c\u00a0d ", "prose")).toBe("a\r\n\tb\n\n  c\u00a0d ");
  });

  it("names a lone carriage return and a bidirectional mark", () => {
    expect(spell("a\rb\u2067c", "prose")).toBe("a[U+000D]b[U+2067]c");
  });
});

it("takes time that grows with the text only", () => {
  const started = performance.now();
  for (const text of [" ".repeat(200_000), "a\u202e".repeat(100_000), "👩\u200d".repeat(60_000), `${" ".repeat(200_000)}x`]) {
    spell(text);
    spell(text, "prose");
  }

  expect(performance.now() - started).toBeLessThan(2_000);
});
