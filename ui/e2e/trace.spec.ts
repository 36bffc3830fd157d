import { expect, test } from "./fixtures";
import { writeLargeTrace } from "./stack";

test("the tree is walked, folded and unfolded by keyboard, and a link keeps the span", async ({ page, api, tenant }) => {
  const { trace, spans } = await api.run("run", tenant);
  await page.goto(`/traces/${trace.trace_id}?tenant=${tenant}`);
  const rows = page.getByRole("treeitem");
  const selected = page.getByRole("treeitem", { selected: true });
  await expect(rows).toHaveCount(spans.length);
  await expect(selected).toHaveAttribute("id", "span-0");

  await page.getByRole("tree").focus();
  await page.keyboard.press("ArrowDown");
  await expect(selected).toHaveAttribute("id", "span-1");
  await page.keyboard.press("ArrowRight");
  await expect(selected).toHaveAttribute("id", "span-2");
  await expect(page).toHaveURL(new RegExp(`span=${spans[2]?.span_id}`));
  await page.keyboard.press("ArrowLeft");
  await expect(selected).toHaveAttribute("id", "span-1");
  await page.keyboard.press("ArrowLeft");
  await expect(selected).toHaveAttribute("aria-expanded", "false");
  await expect(rows).toHaveCount(spans.length - 1);
  await page.keyboard.press("ArrowRight");
  await expect(rows).toHaveCount(spans.length);
  await page.keyboard.press("End");
  await expect(selected).toHaveAttribute("id", `span-${spans.length - 1}`);
  await page.reload();

  await expect(selected).toHaveAttribute("id", `span-${spans.length - 1}`);
  await expect(page.getByRole("complementary", { name: "Span" })).toContainText(spans.at(-1)?.name ?? "?");
});

test("the panel shows usage, price, digests and how to opt in to content", async ({ page, api, tenant }) => {
  const { trace, spans } = await api.run("run", tenant);
  const call = spans.find((span) => span.counted);
  await page.goto(`/traces/${trace.trace_id}?tenant=${tenant}&span=${call?.span_id}`);

  const usage = page.getByRole("region", { name: "Tokens and cost" });
  await expect(usage).toContainText(String(call?.prompt_tokens));
  await expect(usage).toContainText(call?.price_id ?? "?");
  await expect(usage).toContainText(call?.price_source ?? "?");
  const input = page.getByRole("region", { name: "Input", exact: true });
  await expect(input).toContainText("Not captured");
  await expect(input).toContainText(`${call?.input_length} characters`);
  await expect(input).toContainText(call?.input_digest ?? "?");
  await expect(page.getByText("ALLOW_CONTENT_CAPTURE=true")).toBeVisible();
  await expect(page.getByRole("region", { name: /^Attributes/ })).toContainText("gen_ai.request");
});

test("a failed call says why, and can be jumped to", async ({ page, api, tenant }) => {
  const { trace, spans } = await api.run("fake_app", tenant);
  const failed = spans.find((span) => span.status === "error");
  await page.goto(`/traces/${trace.trace_id}?tenant=${tenant}`);

  await page.getByRole("button", { name: /\d+ errors?$/ }).click();

  const error = page.getByRole("complementary").getByRole("region", { name: "Error" });
  await expect(error).toContainText(failed?.error_type ?? "?");
});

test("a span that the trace does not have is said so", async ({ page, api, tenant }) => {
  const { trace } = await api.run("run", tenant);

  await page.goto(`/traces/${trace.trace_id}?tenant=${tenant}&span=ffffffffffffffff`);

  await expect(page.getByText("This trace has no such span.")).toBeVisible();
});

test("a trace of thousands of spans keeps the page small and says where it is cut", async ({ page, tenant }) => {
  const traceId = await writeLargeTrace(tenant);
  await page.goto(`/traces/${traceId}?tenant=${tenant}`);
  await expect(page.getByText("the earliest of 2,521")).toBeVisible();
  const countNodes = () => page.evaluate(() => document.querySelectorAll("*").length);
  expect(await countNodes()).toBeLessThanOrEqual(1_500);

  await page.getByRole("tree").focus();
  await page.keyboard.press("End");

  const last = page.getByRole("treeitem", { selected: true });
  await expect(last).toHaveAttribute("id", "span-1999");
  await expect(last).toBeInViewport();
  expect(await countNodes()).toBeLessThanOrEqual(1_500);
  await page.getByRole("button", { name: "Collapse all" }).click();
  await expect(page.getByRole("treeitem")).toHaveCount(1);
  await page.getByRole("button", { name: "Expand all" }).click();
  await expect(page.getByRole("treeitem").nth(10)).toBeVisible();
});

test("a chain of sixty spans stays readable", async ({ page, tenant }) => {
  const traceId = await writeLargeTrace(tenant);
  await page.goto(`/traces/${traceId}?tenant=${tenant}`);

  await page.getByRole("tree").focus();
  for (let depth = 0; depth < 40; depth += 1) await page.keyboard.press("ArrowDown");

  const row = page.getByRole("treeitem", { selected: true });
  await expect(row).toHaveAttribute("aria-level", "41");
  await expect(row.getByText("execute_tool depth-21", { exact: true })).toBeVisible();
});
