import type { Retention, RetentionStatus } from "../api";

const MOST_DAYS = 3650;

/** As it stands in the form: empty keeps. */
export interface DaysForm {
  spans: string;
  contents: string;
}

export interface DaysProblems {
  spans?: string;
  contents?: string;
}

export function toForm({ span_days: spans, content_days: contents }: RetentionStatus): DaysForm {
  return { spans: write(spans), contents: write(contents) };
}

export function findDaysProblems(form: DaysForm): DaysProblems {
  const spans = findProblem(form.spans);
  const contents = findProblem(form.contents) ?? findOrder(form);
  return { ...(spans ? { spans } : {}), ...(contents ? { contents } : {}) };
}

export function toRetention({ spans, contents }: DaysForm): Retention {
  return { span_days: read(spans), content_days: read(contents) };
}

/** True where saving begins to delete what was kept until now. */
export function deletesMore(before: RetentionStatus, after: Retention): boolean {
  return shorter(before.span_days, after.span_days) || shorter(before.content_days, after.content_days);
}

function shorter(before: number | null | undefined, after: number | null | undefined): boolean {
  return after != null && (before == null || after < before);
}

function findProblem(days: string): string | undefined {
  const given = days.trim();
  if (given === "") return undefined;
  const number = Number(given);
  if (/^\d+$/.test(given) && number >= 1 && number <= MOST_DAYS) return undefined;
  return "A whole number of days from 1 to 3,650; empty keeps.";
}

/** Content goes with its span at the latest. */
function findOrder({ spans, contents }: DaysForm): string | undefined {
  const [kept, content] = [read(spans), read(contents)];
  if (kept === null || content === null || content <= kept) return undefined;
  return "Contents cannot be kept longer than the spans they belong to.";
}

function read(days: string): number | null {
  return days.trim() === "" ? null : Number(days);
}

function write(days: number | null | undefined): string {
  return days == null ? "" : String(days);
}
