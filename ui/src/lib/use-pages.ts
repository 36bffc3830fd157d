"use client";

import { useState } from "react";

/** Where each page came from. A keyset cursor points one way only, so the way back is remembered. */
export function usePages(
  cursor: string | null,
  next: string | null,
  open: (cursor: string | null) => void,
) {
  const [origins, setOrigins] = useState<ReadonlyMap<string, string | null>>(new Map());
  const older = () => {
    if (next === null) return;
    setOrigins(new Map(origins).set(next, cursor));
    open(next);
  };
  // After a reload the way back is forgotten; the newest page is always known.
  const newer = () => open(cursor === null ? null : (origins.get(cursor) ?? null));
  return { onNewer: cursor === null ? null : newer, onOlder: next === null ? null : older };
}
