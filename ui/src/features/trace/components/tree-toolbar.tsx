"use client";

import { ChevronsDownUp, ChevronsUpDown, CircleX } from "lucide-react";

import { Button } from "@/components/ui/button";
import { formatQuantity } from "@/lib/format";

import type { Tree } from "../use-tree";

export function TreeToolbar({ tree }: { tree: Tree }) {
  const errors = tree.rows.filter((row) => row.span.status === "error").length;
  return (
    <div className="flex h-10 items-center gap-1 border-b px-2 pl-4">
      <h2 className="text-xs text-muted tabular-nums">{formatQuantity(tree.rows.length, "span")}</h2>
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
