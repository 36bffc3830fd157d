"use client";

import { ChevronsDownUp, ChevronsUpDown, CircleX } from "lucide-react";

import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { formatInteger, formatQuantity } from "@/lib/format";

import type { Tree } from "../use-tree";

interface TreeToolbarProps {
  tree: Tree;
  /** How many spans the trace has, of which the tree may hold the earliest. */
  stored: number;
}

export function TreeToolbar({ tree, stored }: TreeToolbarProps) {
  const errors = tree.rows.filter((row) => row.span.status === "error").length;
  return (
    <div className="flex h-10 items-center gap-1 border-b px-2 pl-4">
      <h2 className="text-xs text-muted tabular-nums">{formatQuantity(tree.rows.length, "span")}</h2>
      {stored > tree.rows.length ? (
        <Badge tone="warning" className="ml-1" title="A longer trace is cut here; its totals above are whole.">
          the earliest of {formatInteger(stored)}
        </Badge>
      ) : null}
      {errors > 0 ? (
        <Button
          variant="ghost"
          className="ml-1 text-danger hover:text-danger"
          title="Go to the next failed span (e)"
          onClick={tree.selectNextError}
        >
          <CircleX aria-hidden /> {formatQuantity(errors, "error")}
        </Button>
      ) : null}
      <p className="ml-auto hidden pr-2 text-2xs text-muted xl:block">
        <kbd className="font-sans">↑ ↓</kbd> move · <kbd className="font-sans">← →</kbd> fold
      </p>
      <Button
        variant="ghost"
        size="icon"
        className="max-xl:ml-auto"
        aria-label="Expand all"
        title="Expand all"
        onClick={tree.expandAll}
      >
        <ChevronsUpDown aria-hidden />
      </Button>
      <Button variant="ghost" size="icon" aria-label="Collapse all" title="Collapse all" onClick={tree.collapseAll}>
        <ChevronsDownUp aria-hidden />
      </Button>
    </div>
  );
}
