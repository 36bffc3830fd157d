import { describe, expect, it } from "vitest";

import { readWish } from "./keys";

const PAGES = [
  { key: "o", path: "/overview" },
  { key: "t", path: "/traces" },
];
const NONE = { ctrlKey: false, metaKey: false, altKey: false };
const ON = { single: true, afterFirst: false };
const press = (key: string, held: Partial<typeof NONE> = {}) => ({ ...NONE, ...held, key });

describe("readWish", () => {
  it.each([{ ctrlKey: true }, { metaKey: true }])("opens the commands by K with %j, whatever else is switched off", (held) => {
    for (const key of ["k", "K"]) {
      expect(readWish(press(key, held), PAGES, { single: false, afterFirst: false })).toEqual({ kind: "commands" });
    }
  });

  it("opens a page by its key after g, and by neither alone", () => {
    expect(readWish(press("g"), PAGES, ON)).toEqual({ kind: "first" });
    expect(readWish(press("t"), PAGES, ON)).toBeNull();
    expect(readWish(press("t"), PAGES, { single: true, afterFirst: true })).toEqual({ kind: "page", path: "/traces" });
    expect(readWish(press("x"), PAGES, { single: true, afterFirst: true })).toBeNull();
  });

  it("opens the help by ?", () => {
    expect(readWish(press("?"), PAGES, ON)).toEqual({ kind: "keys" });
  });

  it("leaves to the browser what is its own, and single keys where they are switched off", () => {
    expect(readWish(press("g", { ctrlKey: true }), PAGES, ON)).toBeNull();
    expect(readWish(press("k", { ctrlKey: true, altKey: true }), PAGES, ON)).toBeNull();
    for (const key of ["?", "g", "t"]) {
      expect(readWish(press(key), PAGES, { single: false, afterFirst: true })).toBeNull();
    }
  });
});
