"use client";

import { useQueryState } from "nuqs";
import { useMemo, useState, type KeyboardEvent } from "react";

import type { Body } from "@/lib/api";

import { buildTree, listVisible, type TreeRow, type Whole } from "./lib/tree";
import { spanParser } from "./search-params";

const NONE: ReadonlySet<number> = new Set();

/** The tree of a trace: which rows are in sight, which one is selected, and the ways to move. */
export function useTree(spans: readonly Body<"SpanDetail">[], whole: Whole | null) {
  const [spanId, setSpanId] = useQueryState("span", spanParser);
  const [collapsed, setCollapsed] = useState(NONE);
  const rows = useMemo(() => buildTree(spans, whole), [spans, whole]);
  const visible = useMemo(() => listVisible(rows, collapsed), [rows, collapsed]);
  const selected = useMemo(
    () => (spanId === null ? rows[0] : rows.find((row) => row.span.span_id === spanId)) ?? null,
    [rows, spanId],
  );

  const setOpen = (row: TreeRow, open: boolean) => {
    const next = new Set(collapsed);
    if (open) next.delete(row.index);
    else next.add(row.index);
    setCollapsed(next);
  };

  /** Selects a row, and opens all rows above it. */
  const select = (row: TreeRow | undefined) => {
    if (!row) return;
    const next = new Set(collapsed);
    for (let above = row.parent; above !== null; above = rows[above]?.parent ?? null) next.delete(above);
    if (next.size !== collapsed.size) setCollapsed(next);
    void setSpanId(row.span.span_id);
  };

  const selectNextError = () => {
    const after = selected?.index ?? -1;
    const failed = rows.filter((row) => row.span.status === "error");
    select(failed.find((row) => row.index > after) ?? failed[0]);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES.get(event.key);
    if (!move) return;
    event.preventDefault();
    const at = visible.findIndex((row) => row.index === selected?.index);
    move({ rows, visible, at, selected, collapsed, select, setOpen, selectNextError });
  };

  return {
    rows,
    visible,
    selected,
    collapsed,
    select,
    setOpen,
    selectNextError,
    onKeyDown,
    collapseAll: () => setCollapsed(new Set(rows.filter((row) => row.descendants > 0).map((row) => row.index))),
    expandAll: () => setCollapsed(NONE),
  };
}

export type Tree = ReturnType<typeof useTree>;

interface Position extends Pick<Tree, "rows" | "visible" | "selected" | "collapsed" | "select" | "setOpen" | "selectNextError"> {
  /** Place of the selected row among the visible ones; -1 if it is hidden. */
  at: number;
}

type Move = (position: Position) => void;

const down: Move = ({ visible, at, select }) => select(visible[Math.min(at + 1, visible.length - 1)]);
const up: Move = ({ visible, at, select }) => select(visible[Math.max(at - 1, 0)]);

const collapseOrLeave: Move = ({ rows, selected, collapsed, select, setOpen }) => {
  if (!selected) return;
  if (selected.descendants > 0 && !collapsed.has(selected.index)) setOpen(selected, false);
  else if (selected.parent !== null) select(rows[selected.parent]);
};

const expandOrEnter: Move = ({ rows, selected, collapsed, select, setOpen }) => {
  if (!selected || selected.descendants === 0) return;
  if (collapsed.has(selected.index)) setOpen(selected, true);
  else select(rows[selected.index + 1]);
};

const MOVES: ReadonlyMap<string, Move> = new Map<string, Move>([
  ["ArrowDown", down],
  ["j", down],
  ["ArrowUp", up],
  ["k", up],
  ["ArrowLeft", collapseOrLeave],
  ["ArrowRight", expandOrEnter],
  ["Home", ({ visible, select }) => select(visible[0])],
  ["End", ({ visible, select }) => select(visible.at(-1))],
  ["e", ({ selectNextError }) => selectNextError()],
]);
