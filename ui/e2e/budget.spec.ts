import { gzipSync } from "node:zlib";

import { expect, test } from "./fixtures";

const MOST_SCRIPT_BYTES = 200_000;
const MOST_SHIFT = 0.02;
const SETTINGS = ["connect", "keys", "members", "data", "mappings", "audit"].map((tab) => `/settings/${tab}`);
const ROUTES = ["/overview", "/tenants", "/traces", "/spans", `/traces/${"0".repeat(32)}`, ...SETTINGS];

for (const route of ROUTES) {
  test(`${route} starts with at most 200 kB of scripts, gzipped`, async ({ request }) => {
    const html = await (await request.get(`${route}?tenant=sample`)).text();
    const tags = [...html.matchAll(/<script\b[^>]*\bsrc="([^"]+)"[^>]*>/g)];
    // Only browsers without modules fetch these polyfills.
    const sources = new Set(tags.filter(([tag]) => !/\bnomodule\b/i.test(tag)).map(([, source]) => source ?? ""));
    expect(sources.size).toBeGreaterThan(3);

    const bodies = await Promise.all([...sources].map(async (source) => (await request.get(source)).body()));
    const total = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);

    expect(total).toBeLessThanOrEqual(MOST_SCRIPT_BYTES);
    expect(bodies.some((body) => body.includes("recharts")), "Recharts comes later").toBe(false);
  });
}

test("nothing moves while a page loads", async ({ page, api }) => {
  test.slow();
  const [item] = (await api.readTraces("sample", { limit: "1" })).items;
  for (const route of ["/overview", "/traces", "/spans", `/traces/${item?.trace_id}`, ...SETTINGS]) {
    await page.addInitScript(() => {
      const shifts: number[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.goto(`${route}?tenant=sample`);
    await page.waitForLoadState("networkidle");

    const moved = await page.evaluate(() =>
      (window as unknown as { shifts: number[] }).shifts.reduce((sum, shift) => sum + shift, 0),
    );
    expect(moved, route).toBeLessThanOrEqual(MOST_SHIFT);
  }
});

test("no page is wider than a phone", async ({ page, api }) => {
  test.slow();
  const [item] = (await api.readTraces("sample", { limit: "1" })).items;
  await page.setViewportSize({ width: 390, height: 844 });
  for (const route of ["/overview", "/traces", "/spans", `/traces/${item?.trace_id}`, ...SETTINGS]) {
    await page.goto(`${route}?tenant=sample`);
    await page.waitForLoadState("networkidle");

    expect(await page.evaluate(() => document.documentElement.scrollWidth), route).toBeLessThanOrEqual(390);
  }
});
