import { expect, it } from "vitest";

import { describeMedium, readMedia, readPart } from "./media";
import { toMessages } from "./messages";

const IMAGE = { kind: "image", mime_type: "image/png", size: 12_345, digest: "h1:k1:abc" };

it("reads what attributes tell of media, and nothing else", () => {
  const attributes = { "llm_observe.input.media": [IMAGE, 7, null, { kind: 7 }] };
  expect(readMedia(attributes, "Input")).toEqual([IMAGE]);
  expect(readMedia(attributes, "Output")).toEqual([]);
  expect(readMedia({ "llm_observe.input.media": "x" }, "Input")).toEqual([]);
});

it.each([
  [IMAGE, "image · image/png · 12.3 kB · h1:k1:abc"],
  [{ kind: "audio", size: 12 }, "audio · 12 B"],
  [{ kind: "file", size: 2_500_000 }, "file · 2.5 MB"],
  [{ kind: "video" }, "video"],
])("describes a medium in one line", (medium, line) => {
  expect(describeMedium(medium)).toBe(line);
});

it("shows a medium in a message by what it is, never by its bytes", () => {
  const blob = { type: "blob", modality: "image", mime_type: "image/png", size: 12_345, content: "AAAA" };
  const parts = [{ type: "text", content: "see" }, blob, { type: "uri", modality: "image", uri: "https://e.org/a" }];
  expect(toMessages([{ role: "user", parts }])).toEqual([
    { role: "user", text: "see\n[image · image/png · 12.3 kB]\n[image · https://e.org/a]" },
  ]);
  expect(readPart({ type: "text" })).toBeNull();
});
