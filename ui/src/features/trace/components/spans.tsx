"use client";

import { useMemo, useRef } from "react";

import type { Body } from "@/lib/api";

import { toTimeline } from "../lib/timeline";
import { useTree } from "../use-tree";
import { SpanPanel } from "./span-panel";
import { SpanTree } from "./span-tree";
import { TreeToolbar } from "./tree-toolbar";

interface SpansProps {
  spans: Body<"SpanDetail">[];
  /** How many spans the trace has; the API gives the earliest of a long one. */
  stored: number;
  /** Of the trace and of its spans. */
  evaluations: Body<"Evaluation">[];
}

/** The tree with its waterfall, and the panel of the span that is selected in it. */
export default function Spans({ spans, stored, evaluations }: SpansProps) {
  const tree = useTree(spans);
  const timeline = useMemo(() => toTimeline(spans), [spans]);
  const panel = useRef<HTMLElement>(null);
  const showPanel = () => {
    // On narrow screens the panel lies below the tree.
    if (window.matchMedia("(width < 64rem)").matches) panel.current?.scrollIntoView({ block: "start" });
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col lg:flex-row">
      <section aria-label="Waterfall" className="flex min-w-0 flex-col bg-surface max-lg:max-h-[60dvh] lg:flex-1">
        <TreeToolbar tree={tree} stored={stored} />
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
