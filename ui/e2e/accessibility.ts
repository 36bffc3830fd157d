import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export async function findViolations(page: Page) {
  const { violations } = await new AxeBuilder({ page }).withTags(STANDARDS).analyze();
  return violations.map(({ id, nodes }) => ({ id, targets: nodes.map(({ html }) => html) }));
}

export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 390, height: 844 };
/** The ways to look at a page that a reader has. */
export const LOOKS = [
  ["light", WIDE],
  ["dark", WIDE],
  ["dark", NARROW],
] as const;
