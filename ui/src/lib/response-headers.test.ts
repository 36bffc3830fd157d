import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { describe, expect, it } from "vitest";

import { listHeaders, TOAST_STYLES, writePagePolicy } from "./response-headers";

describe("a page's policy", () => {
  const policy = new Map(
    writePagePolicy("bm9uY2U=", { development: false })
      .split("; ")
      .map((directive) => {
        const [name = "", ...sources] = directive.split(" ");
        return [name, sources] as const;
      }),
  );

  it("runs only scripts that are named", () => {
    expect(policy.get("script-src")).toEqual(["'self'", "'nonce-bm9uY2U='", "'strict-dynamic'"]);
  });

  it("takes inline styles of attributes only", () => {
    const inline = [...policy].filter(([, sources]) => sources.includes("'unsafe-inline'"));
    expect(inline.map(([name]) => name)).toEqual(["style-src-attr"]);
  });

  it.each(["default-src", "object-src", "base-uri", "frame-ancestors"])("closes %s", (name) => {
    expect(policy.get(name)).toEqual(["'none'"]);
  });

  it("names the styles that sonner writes; after an update of it, put the new hash in", () => {
    const source = readFileSync(createRequire(import.meta.url).resolve("sonner").replace(/\.js$/, ".mjs"), "utf8");
    const [, literal = '""'] = /__insertCSS\(("(?:[^"\\]|\\.)*")\)/.exec(source) ?? [];
    const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

    expect(TOAST_STYLES).toEqual(["", JSON.parse(literal) as string].map(hash));
  });
});

it("pins HTTPS where it is deployed, and nowhere else", () => {
  const has = (deployed: boolean) => listHeaders({ deployed }).some(({ key }) => key === "Strict-Transport-Security");

  expect([has(true), has(false)]).toEqual([true, false]);
});
