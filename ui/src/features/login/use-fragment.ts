"use client";

import { useEffect, useSyncExternalStore } from "react";

let first: string | null = null;
const never = () => () => undefined;
const readFirst = () => (first ??= window.location.hash);

/** The address's fragment as the page was opened with; it is taken out of the address and the history. */
export function useFragment(): URLSearchParams {
  const fragment = useSyncExternalStore(never, readFirst, () => "");
  useEffect(() => {
    const { hash, pathname, search } = window.location;
    if (hash !== "") window.history.replaceState(null, "", `${pathname}${search}`);
  }, []);
  return new URLSearchParams(fragment.slice(1));
}
