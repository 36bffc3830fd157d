"use client";

import { useMemo, useRef } from "react";

import type { Body } from "@/lib/api";
import { toGaps } from "@/lib/gaps";

import { toTimeline } from "../lib/timeline";
import type { Whole } from "../lib/tree";
import { useTree } from "../use-tree";
import { SpanPanel } from "./span-panel";
import { SpanTree } from "./span-tree";
import { TreeToolbar } from "./tree-toolbar";

interface SpansProps {
  /** Of a long trace the earliest spans. */
  detail: Body<"TraceDetail">;
}

/** The tree with its waterfall, and the panel of the span that is selected in it. */
export default function Spans({ detail }: SpansProps) {
  const { spans, evaluations } = detail;
  const whole = useMemo(() => toWhole(detail), [detail]);
  const tree = useTree(spans, whole);
  const timeline = useMemo(() => toTimeline(spans), [spans]);
  const panel = useRef<HTMLElement>(null);
  const showPanel = () => {
    // On narrow screens the panel lies below the tree.
    if (window.matchMedia("(width < 64rem)").matches) panel.current?.scrollIntoView({ block: "start" });
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col lg:flex-row">
      <section aria-label="Waterfall" className="flex min-w-0 flex-col bg-surface max-lg:max-h-[60dvh] lg:flex-1">
        <TreeToolbar tree={tree} stored={detail.trace.span_count} />
        <SpanTree tree={tree} timeline={timeline} onPick={showPanel} />
      </section>
      <aside
        ref={panel}
        aria-label="Span"
        tabIndex={0}
        className="scroll-mt-32 bg-surface max-lg:border-t lg:w-100 lg:shrink-0 lg:overflow-y-auto lg:border-l focus-visible:outline-offset-[-2px]"
      >
        {tree.selected ? (
          <SpanPanel key={tree.selected.index} row={tree.selected} evaluations={evaluations} />
        ) : (
          <p className="p-4 text-muted">This trace has no such span.</p>
        )}
      </aside>
    </div>
  );
}

/** Sums over the spans at hand are too small where others are missing. */
function toWhole({ trace, root_span_id: rootId, missing_spans: missing }: Body<"TraceDetail">): Whole | null {
  if (missing === 0) return null;
  const sums = { tokens: trace.total_tokens, cost: trace.total_cost_usd, ...toGaps(trace) };
  return { rootId, calls: trace.requests, sums };
}
