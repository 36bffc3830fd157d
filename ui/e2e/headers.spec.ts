import { CLOSED_POLICY, listHeaders, writePagePolicy } from "../src/lib/response-headers";
import { expect, test } from "./fixtures";

const everywhere = Object.entries(
  Object.assign({}, ...listHeaders({ deployed: false }).map(({ key, value }) => ({ [key.toLowerCase()]: value }))) as object,
);

for (const path of ["/overview?tenant=sample", "/nothing", "/api/v1/health", "/api/v1/nothing"]) {
  test(`${path} is answered with the whole policy`, async ({ request }) => {
    const headers = (await request.get(path)).headers();

    for (const [name, value] of everywhere) expect(headers[name], name).toBe(value);
    const nonce = /'nonce-([A-Za-z0-9+/]{22}==)'/.exec(headers["content-security-policy"] ?? "")?.[1];
    const page = path.startsWith("/api/") ? CLOSED_POLICY : writePagePolicy(nonce ?? "none", { development: false });
    expect(headers["content-security-policy"]).toBe(page);
    expect(headers["x-powered-by"]).toBeUndefined();
    expect(headers["strict-transport-security"], "this is no HTTPS").toBeUndefined();
  });
}

test("scripts and styles are answered with it too", async ({ request }) => {
  const html = await (await request.get("/overview?tenant=sample")).text();
  const files = [/src="(\/_next\/static\/[^"]+\.js)"/, /href="(\/_next\/static\/[^"]+\.css)"/].map((link) => link.exec(html)?.[1]);
  for (const file of [...files, "/_next/static/nothing.js"]) {
    const headers = (await request.get(file ?? "?")).headers();
    for (const [name, value] of everywhere) expect(headers[name], `${file} ${name}`).toBe(value);
    expect(headers["content-security-policy"]).toBe(CLOSED_POLICY);
  }
});

test("every script of every page carries the nonce of its answer, and no two answers share one", async ({ request }) => {
  const nonces = new Set<string>();
  const paths = ["/overview", "/traces", `/traces/${"0".repeat(32)}`, "/nothing", "/overview"];
  for (const path of paths) {
    const answer = await request.get(`${path}?tenant=sample`, { headers: { "x-nonce": "mine", "content-security-policy": "script-src 'nonce-mine'" } });
    const nonce = /script-src 'self' 'nonce-([^']+)'/.exec(answer.headers()["content-security-policy"] ?? "")?.[1] ?? "?";
    const tags = [...(await answer.text()).matchAll(/<script\b[^>]*>/g)].map(([tag]) => tag);
    expect(tags.length).toBeGreaterThan(3);
    expect(tags.filter((tag) => !tag.includes(`nonce="${nonce}"`))).toEqual([]);
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(paths.length);
});

test.describe("with markup that got into a page", () => {
  test.use({ expectedConsole: [/Content Security Policy/] });

  test("no script of it runs", async ({ page }) => {
    await page.goto("/overview?tenant=sample");
    await expect(page.getByRole("region", { name: "Totals" })).toBeVisible();

    const refused = await page.evaluate(async () => {
      const blocked: string[] = [];
      document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
      const host = document.createElement("div");
      host.innerHTML = `
        <img src="data:," onerror="window.ran = 1">
        <a href="javascript:window.ran = 2">link</a>
        <iframe srcdoc="<script>parent.ran = 3</script>"></iframe>
        <svg><style>body { color: red }</style></svg>
        <base href="https://evil.example/">`;
      document.body.append(host);
      host.querySelector("a")?.click();
      await new Promise((resolve) => setTimeout(resolve, 500));
      return { ran: "ran" in window, base: document.baseURI, blocked: [...new Set(blocked)].sort() };
    });

    expect(refused.ran).toBe(false);
    expect(refused.base).not.toContain("evil");
    expect(refused.blocked).toEqual(expect.arrayContaining(["base-uri", "script-src-attr", "script-src-elem", "style-src-elem"]));
  });
});
