"use client";

import { ChevronRight, CircleX, Unlink } from "lucide-react";

import { ForeignText } from "@/components/ui/foreign-text";
import { cn } from "@/lib/class-names";
import { spell } from "@/lib/foreign-text";
import {
  formatCost,
  formatCount,
  formatDuration,
  formatExactCost,
  formatInteger,
} from "@/lib/format";
import { describeGaps } from "@/lib/gaps";
import { toLook } from "@/lib/operations";

import { toBar, type Timeline } from "../lib/timeline";
import type { TreeRow } from "../lib/tree";

export const GRID_CLASS =
  "grid grid-cols-[minmax(0,1fr)_7rem] items-center sm:grid-cols-[minmax(0,1fr)_4rem_5.5rem_minmax(0,42%)]";

const INDENT_REM = 1;
// Deeper rows stay readable: they are all drawn at this depth, which is written beside them.
const DEEPEST_INDENT = 12;

export function rowId(index: number): string {
  return `span-${index}`;
}

interface SpanRowProps {
  row: TreeRow;
  top: number;
  timeline: Timeline;
  /** Distance of two axis ticks as a share of the timeline. */
  tickShare: number;
  selected: boolean;
  open: boolean;
  onSelect: () => void;
  onToggle: (open: boolean) => void;
}

export function SpanRow({ row, top, timeline, tickShare, selected, open, onSelect, onToggle }: SpanRowProps) {
  return (
    <div
      id={rowId(row.index)}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={selected}
      aria-expanded={row.descendants > 0 ? open : undefined}
      onClick={onSelect}
      className={cn(
        GRID_CLASS,
        "absolute inset-x-0 h-7 cursor-default hover:bg-hover",
        selected && "bg-selected hover:bg-selected",
      )}
      style={{ transform: `translateY(${top}px)` }}
    >
      <SpanName row={row} open={open} onToggle={onToggle} />
      <Numbers row={row} />
      <div
        className="relative mr-4 h-full"
        style={{
          backgroundImage: "linear-gradient(to right, var(--border) 1px, transparent 1px)",
          backgroundSize: `${tickShare * 100}% 100%`,
        }}
      >
        <Bar row={row} timeline={timeline} />
      </div>
    </div>
  );
}

function SpanName({ row, open, onToggle }: Pick<SpanRowProps, "row" | "open" | "onToggle">) {
  const { span, depth, descendants } = row;
  const { Icon, color } = toLook(span.operation);
  const failed = span.status === "error";
  return (
    <div
      className="flex min-w-0 items-center gap-1.5 pr-2"
      style={{ paddingLeft: `${0.5 + Math.min(depth, DEEPEST_INDENT) * INDENT_REM}rem` }}
    >
      {descendants > 0 ? (
        // The tree's own arrow keys do the same, so this is for pointers only.
        <span
          aria-hidden
          onClick={(event) => {
            event.stopPropagation();
            onToggle(!open);
          }}
          className="grid size-5 shrink-0 place-items-center rounded text-muted hover:bg-border"
        >
          <ChevronRight className={cn("size-3.5 transition-transform", open && "rotate-90")} />
        </span>
      ) : (
        <span className="size-5 shrink-0" />
      )}
      <Icon aria-hidden className="size-3.5 shrink-0" style={{ color: failed ? "var(--span-error)" : color }} />
      {depth > DEEPEST_INDENT ? <span className="text-2xs text-muted tabular-nums">{depth}</span> : null}
      <span className={cn("truncate", failed && "text-danger")} title={spell(span.name)}>
        <ForeignText text={span.name} />
      </span>
      {failed ? <CircleX aria-label="Error" className="size-3.5 shrink-0 text-danger" /> : null}
      {row.detached ? (
        <Unlink aria-label={DETACHED[row.detached]} className="size-3 shrink-0 text-warning" />
      ) : null}
      {open || descendants === 0 ? null : (
        <span className="shrink-0 rounded bg-hover px-1 text-2xs text-muted tabular-nums">+{descendants}</span>
      )}
    </div>
  );
}

const DETACHED = {
  orphan: "Its parent span is not in this trace",
  cycle: "Its parents form a ring, which is opened here",
};

/** A model call's own numbers; on the rows above, the sums of what is below, in grey. */
function Numbers({ row: { span, sums } }: Pick<SpanRowProps, "row">) {
  const className = cn("hidden pr-3 text-right text-xs tabular-nums sm:block", !span.counted && "text-muted");
  if (!span.counted && sums.tokens === null && sums.cost === null) {
    return (
      <>
        <span className={className} />
        <span className={className} />
      </>
    );
  }
  const leftOut = sums.cost === null ? null : describeGaps(sums);
  const title = [formatExactCost(sums.cost), leftOut].filter((part) => part !== null).join(", and ");
  return (
    <>
      <span className={className} title={formatInteger(sums.tokens)}>
        {formatCount(sums.tokens)}
      </span>
      <span className={className} title={title}>
        {formatCost(sums.cost)}
        {leftOut !== null ? <span className="text-warning">+</span> : null}
      </span>
    </>
  );
}

function Bar({ row: { span, descendants }, timeline }: Pick<SpanRowProps, "row" | "timeline">) {
  const { left, width } = toBar(span, timeline);
  const right = left + width;
  const label = formatDuration(span.duration_ms);
  // Where the failure began is red; the spans it spread to keep their colour and are marked by name.
  const failedHere = span.status === "error" && descendants === 0;
  const color = failedHere ? "var(--span-error)" : toLook(span.operation).color;
  const beside = right < 0.78 ? "after" : left > 0.22 ? "before" : "inside";
  return (
    <>
      <span
        className="absolute top-2 h-3 rounded-[3px]"
        style={{ left: `${left * 100}%`, width: `max(2px, ${width * 100}%)`, background: color }}
      />
      <span
        className={cn(
          "absolute top-1.5 px-1.5 text-2xs whitespace-nowrap text-muted tabular-nums",
          beside === "inside" && "top-2 my-px h-2.5 rounded-xs bg-surface px-1 text-[0.625rem]/2.5 text-foreground",
        )}
        style={
          beside === "after"
            ? { left: `${right * 100}%` }
            : beside === "before"
              ? { right: `${(1 - left) * 100}%` }
              : { right: `calc(${(1 - Math.min(right, 1)) * 100}% + 4px)` }
        }
      >
        {label}
      </span>
    </>
  );
}
