"use client";

import { ChevronLeft, ChevronRight } from "lucide-react";

import { Button } from "@/components/ui/button";
import { formatQuantity } from "@/lib/format";

interface PagerProps {
  count: number;
  /** What is counted, in the singular. */
  noun: string;
  onNewer: (() => void) | null;
  onOlder: (() => void) | null;
}

export function Pager({ count, noun, onNewer, onOlder }: PagerProps) {
  return (
    <nav aria-label="Pages" className="flex items-center gap-2 border-t px-4 py-2">
      <p className="text-xs text-muted tabular-nums">{formatQuantity(count, noun)} on this page</p>
      <Button className="ml-auto" disabled={onNewer === null} onClick={onNewer ?? undefined}>
        <ChevronLeft aria-hidden /> Newer
      </Button>
      <Button disabled={onOlder === null} onClick={onOlder ?? undefined}>
        Older <ChevronRight aria-hidden />
      </Button>
    </nav>
  );
}
