"use client";

import { Slot } from "@radix-ui/react-slot";
import { Suspense, useState, type ReactElement, type ReactNode } from "react";

interface OnDemandProps {
  trigger: ReactElement;
  opens: "dialog" | "menu";
  /** A lazy component that draws the same trigger and starts open. */
  children: ReactNode;
}

/** Shows a trigger alone until its first click, so that menus are no part of the first load. */
export function OnDemand({ trigger, opens, children }: OnDemandProps) {
  const [wanted, setWanted] = useState(false);
  const waiting = (
    <Slot aria-haspopup={opens} aria-expanded={false} onClick={() => setWanted(true)}>
      {trigger}
    </Slot>
  );
  return wanted ? <Suspense fallback={waiting}>{children}</Suspense> : waiting;
}
