import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * Asks for violations alone, in the page itself: Axe would else describe each element that is all
 * right, thousands on a page of charts, and carry them through a second page. That one it needs for
 * frames of other origins, and the dashboard has no frames.
 */
export async function findViolations(page: Page) {
  const axe = new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).withTags(STANDARDS).setLegacyMode();
  const { violations } = await axe.analyze();
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
