"use client";

import { CopyButton } from "@/components/ui/copy-button";
import { Moment } from "@/components/ui/moment";
import { Notice } from "@/components/ui/notice";
import { formatQuantity } from "@/lib/format";

import type { Receipt } from "../api";

/** What a deletion took; the same stands in the audit. */
export function ReceiptNote({ receipt }: { receipt: Receipt }) {
  const counts = Object.entries(receipt.deleted).filter(([, count]) => count > 0);
  const told = counts.map(([name, count]) => formatQuantity(count, name.replaceAll("_", " ").replace(/s$/, "")));
  return (
    <Notice tone="success" live>
      <p>
        Deleted on <Moment iso={receipt.at} />: {told.length === 0 ? "nothing was found" : told.join(", ")}.
      </p>
      <p className="mt-1 flex items-center gap-1">
        Receipt <code className="truncate font-mono">{receipt.receipt_id}</code>
        <CopyButton text={receipt.receipt_id} what="receipt id" />
      </p>
      <p className="text-muted">The audit keeps it.</p>
    </Notice>
  );
}
