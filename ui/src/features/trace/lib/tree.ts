import type { Body } from "@/lib/api";
import type { Gaps } from "@/lib/gaps";

/** The fields that a tree is built from; the rest of a span does not matter here. */
export type TreeSpan = Pick<
  Body<"SpanDetail">,
  "span_id" | "parent_span_id" | "counted" | "total_tokens" | "cost_usd" | "unpriced" | "unmeasured"
>;

/** Sums over a row's own span and all below it. Null: nothing known to add up. */
export interface Sums extends Gaps {
  tokens: number | null;
  cost: number | null;
}

/** What a trace of which only some spans are here adds up to, shown at its root. */
export interface Whole {
  rootId: string | null;
  calls: number;
  sums: Sums;
}

export interface TreeRow<S extends TreeSpan = Body<"SpanDetail">> {
  span: S;
  /** Position in depth-first order, which is also the row's key. */
  index: number;
  parent: number | null;
  depth: number;
  /** Rows below it; they follow it directly. */
  descendants: number;
  /** Counted model calls in the row's own span and all below it. */
  calls: number;
  /** Why a span with a parent id stands at the top. */
  detached: "orphan" | "cycle" | null;
  /** Place among its siblings, from 1, and their number. */
  position: number;
  siblings: number;
  sums: Sums;
}

/**
 * Puts spans into depth-first order, siblings in the order given. A span whose parent is absent
 * becomes a root; a ring of spans is opened at the one that comes first. Linear, and without
 * recursion, so that a chain of any length fits.
 */
export function buildTree<S extends TreeSpan>(spans: readonly S[], whole: Whole | null = null): TreeRow<S>[] {
  const children = groupByParent(spans);
  const known = new Set(spans.map((span) => span.span_id));
  const rows: TreeRow<S>[] = [];
  const placed = new Set<S>();

  const place = (root: S, detached: TreeRow["detached"]) => {
    const stack: { span: S; parent: number | null; depth: number }[] = [
      { span: root, parent: null, depth: 0 },
    ];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (placed.has(next.span)) continue;
      placed.add(next.span);
      const index = rows.length;
      rows.push(toRow(next.span, index, next.parent, next.depth, next.parent === null ? detached : null));
      const below = children.get(next.span.span_id) ?? [];
      // A second span of the same id gets no children, or they would be drawn twice.
      children.delete(next.span.span_id);
      for (let last = below.length - 1; last >= 0; last -= 1) {
        stack.push({ span: below[last]!, parent: index, depth: next.depth + 1 });
      }
    }
  };

  for (const span of spans) {
    if (span.parent_span_id === null) place(span, null);
    else if (!known.has(span.parent_span_id)) place(span, "orphan");
  }
  for (const span of spans) if (!placed.has(span)) place(span, "cycle");
  addUp(rows);
  if (whole) showWhole(rows, whole);
  countSiblings(rows);
  return rows;
}

/** The rows in sight when some are collapsed. */
export function listVisible<S extends TreeSpan>(
  rows: readonly TreeRow<S>[],
  collapsed: ReadonlySet<number>,
): TreeRow<S>[] {
  const visible: TreeRow<S>[] = [];
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!;
    visible.push(row);
    if (collapsed.has(index)) index += row.descendants;
  }
  return visible;
}

function groupByParent<S extends TreeSpan>(spans: readonly S[]): Map<string, S[]> {
  const children = new Map<string, S[]>();
  for (const span of spans) {
    if (span.parent_span_id === null) continue;
    const siblings = children.get(span.parent_span_id);
    if (siblings) siblings.push(span);
    else children.set(span.parent_span_id, [span]);
  }
  return children;
}

function toRow<S extends TreeSpan>(
  span: S,
  index: number,
  parent: number | null,
  depth: number,
  detached: TreeRow["detached"],
): TreeRow<S> {
  const own = span.counted ? { tokens: span.total_tokens, cost: span.cost_usd } : { tokens: null, cost: null };
  return {
    span,
    index,
    parent,
    depth,
    descendants: 0,
    calls: span.counted ? 1 : 0,
    detached,
    position: 1,
    siblings: 1,
    sums: { ...own, unpriced: Number(span.unpriced), unmeasured: Number(span.unmeasured) },
  };
}

/** Children follow their parents, so one pass from the end carries every sum upwards. */
function addUp<S extends TreeSpan>(rows: readonly TreeRow<S>[]): void {
  for (let index = rows.length - 1; index >= 0; index -= 1) {
    const row = rows[index]!;
    if (row.parent === null) continue;
    const above = rows[row.parent]!;
    above.descendants += row.descendants + 1;
    above.calls += row.calls;
    above.sums.tokens = addKnown(above.sums.tokens, row.sums.tokens);
    above.sums.cost = addKnown(above.sums.cost, row.sums.cost);
    above.sums.unpriced += row.sums.unpriced;
    above.sums.unmeasured += row.sums.unmeasured;
  }
}

function showWhole<S extends TreeSpan>(rows: readonly TreeRow<S>[], { rootId, calls, sums }: Whole): void {
  const root = rows.find((row) => row.parent === null && row.span.span_id === rootId);
  if (root && !root.span.counted) Object.assign(root, { calls, sums });
}

function addKnown(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return a + b;
}

function countSiblings<S extends TreeSpan>(rows: readonly TreeRow<S>[]): void {
  const counts = new Map<number | null, number>();
  for (const row of rows) {
    row.position = (counts.get(row.parent) ?? 0) + 1;
    counts.set(row.parent, row.position);
  }
  for (const row of rows) row.siblings = counts.get(row.parent) ?? 1;
}
