"use client";

import { useRouter } from "next/navigation";
import { createContext, useContext, useEffect, useRef, useState } from "react";

import { readWish, SECOND_KEY_MS, takesKeys } from "@/lib/keys";
import { useHref } from "@/lib/url-state";
import { useRights } from "@/lib/use-me";
import { useSingleKeys } from "@/lib/use-single-keys";

import { listPages } from "./pages";

/** What lies over the page. */
export type Panel = "commands" | "keys";

export interface PanelControl {
  panel: Panel | null;
  open: (panel: Panel) => void;
  /** Closes it where it is the one that is open. */
  close: (panel: Panel) => void;
}

export const PanelContext = createContext<PanelControl>({ panel: null, open: () => undefined, close: () => undefined });

export function usePanel(): PanelControl {
  return useContext(PanelContext);
}

export function usePanelState(): PanelControl {
  const [panel, setPanel] = useState<Panel | null>(null);
  return { panel, open: setPanel, close: (closed) => setPanel((current) => (current === closed ? null : current)) };
}

/** Listens to the keys that work on every page. */
export function useKeys({ open }: PanelControl): void {
  const router = useRouter();
  const toHref = useHref();
  const { manage } = useRights();
  const [single] = useSingleKeys();
  const firstAt = useRef(-Infinity);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.repeat) return;
      const afterFirst = event.timeStamp - firstAt.current < SECOND_KEY_MS;
      firstAt.current = -Infinity;
      const wish = readWish(event, listPages(manage), { single: single && !takesKeys(event.target), afterFirst });
      if (!wish) return;
      event.preventDefault();
      if (wish.kind === "first") firstAt.current = event.timeStamp;
      else if (wish.kind === "page") router.push(toHref(wish.path));
      else if (document.querySelector("dialog[open]") === null) open(wish.kind);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [open, router, toHref, manage, single]);
}
