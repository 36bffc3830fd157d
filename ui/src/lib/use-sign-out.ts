"use client";

import { takeLoginStep } from "./api";
import { notify } from "./notify";
import { announceSignOut } from "./session-events";
import { useAction } from "./use-action";

/** Ends the session of this browser (`local`), or all of this person's (`global`). */
export function useSignOut() {
  return useAction({
    run: (scope: "local" | "global") => takeLoginStep("sign-out", { scope }),
    onDone: announceSignOut,
    onFail: (error) => void notify("error", "You are still logged in", error.message),
  });
}
