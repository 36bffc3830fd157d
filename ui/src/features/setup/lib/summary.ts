import type { Check } from "../api";

/** The headings of the checks; another version's name stands as it came. */
const TITLES: ReadonlyMap<string, string> = new Map([
  ["secrets", "Secrets"],
  ["migrations", "Migrations"],
  ["pre_request", "Ended keys"],
  ["jobs", "Scheduled jobs"],
  ["partitions", "Partitions"],
  ["retention", "Deletion of old data"],
  ["roll_ups", "Sums"],
  ["prices", "Prices"],
  ["deliveries", "Deliveries"],
]);

export function toTitle({ name }: Pick<Check, "name">): string {
  return TITLES.get(name) ?? name.replaceAll("_", " ");
}

export interface Summary {
  /** The first that failed is the cause of what follows; else the first warning. */
  first: Check;
  failed: boolean;
  /** How many others failed or warn. */
  others: number;
}

/** What of the setup wants somebody's eye; null where all is well. */
export function summarize(checks: readonly Check[]): Summary | null {
  const failed = checks.filter(({ status }) => status === "failed");
  const warned = checks.filter(({ status }) => status === "warning");
  const [first, ...others] = [...failed, ...warned];
  return first ? { first, failed: failed.length > 0, others: others.length } : null;
}
