"use client";

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";

import { formatDuration, shortenTick } from "@/lib/format";
import { cn } from "@/lib/class-names";

import { toTicks, type Timeline } from "../lib/timeline";
import type { Tree } from "../use-tree";
import { GRID_CLASS, rowId, SpanRow } from "./span-row";

const ROW_HEIGHT = 28;
const OVERSCAN_ROWS = 12;
const MOST_TICKS = 5;
const LAST_LABEL = 0.88;

interface SpanTreeProps {
  tree: Tree;
  timeline: Timeline;
  onPick: () => void;
}

/** Tree and waterfall in one list, of which only the rows in sight are in the page. */
export function SpanTree({ tree, timeline, onPick }: SpanTreeProps) {
  const scroller = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- it only keeps React Compiler, which is off, from memoising this component
  const virtualizer = useVirtualizer({
    count: tree.visible.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN_ROWS,
    getItemKey: (position) => tree.visible[position]?.index ?? position,
  });
  const at = tree.visible.findIndex((row) => row.index === tree.selected?.index);
  useEffect(() => {
    if (at >= 0) virtualizer.scrollToIndex(at, { align: "auto" });
  }, [at, virtualizer]);

  const ticks = toTicks(timeline.durationMs, MOST_TICKS);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <ColumnHeads ticks={ticks} durationMs={timeline.durationMs} />
      <div
        ref={scroller}
        role="tree"
        aria-label="Spans"
        tabIndex={0}
        aria-activedescendant={at >= 0 ? rowId(tree.visible[at]!.index) : undefined}
        onKeyDown={tree.onKeyDown}
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain focus-visible:outline-offset-[-2px]"
      >
        <div role="presentation" className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => {
            const row = tree.visible[item.index];
            return row === undefined ? null : (
              <SpanRow
                key={item.key}
                row={row}
                top={item.start}
                timeline={timeline}
                tickShare={(ticks[1] ?? 0) / timeline.durationMs || 1}
                selected={row.index === tree.selected?.index}
                open={!tree.collapsed.has(row.index)}
                onSelect={() => {
                  tree.select(row);
                  onPick();
                }}
                onToggle={(open) => tree.setOpen(row, open)}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function ColumnHeads({ ticks, durationMs }: { ticks: number[]; durationMs: number }) {
  return (
    <div aria-hidden className={cn(GRID_CLASS, "h-7 border-b text-2xs text-muted")}>
      <span className="pl-4">Span</span>
      <span className="hidden pr-3 text-right sm:block">Tokens</span>
      <span className="hidden pr-3 text-right sm:block">Cost</span>
      <span className="relative mr-4 h-full">
        {ticks.map((tick) => (
          <span
            key={tick}
            className="absolute top-1.5 border-l border-border-strong pl-1 whitespace-nowrap tabular-nums max-sm:nth-[n+2]:hidden"
            style={{ left: `${durationMs > 0 ? (tick / durationMs) * 100 : 0}%` }}
          >
            {/* A label this close to the edge would be cut; its line stays. */}
            {tick > durationMs * LAST_LABEL ? null : shortenTick(formatDuration(tick))}
          </span>
        ))}
      </span>
    </div>
  );
}
