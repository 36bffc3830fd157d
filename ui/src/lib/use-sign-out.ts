"use client";

import { useMutation } from "@tanstack/react-query";

import { takeLoginStep } from "./api";
import { notify } from "./notify";
import { announceSignOut } from "./session-events";

/** Ends the session of this browser (`local`), or all of this person's (`global`). */
export function useSignOut() {
  return useMutation({
    mutationFn: (scope: "local" | "global") => takeLoginStep("sign-out", { scope }),
    onSuccess: announceSignOut,
    onError: (error) => void notify("error", "You are still logged in", error.message),
  });
}
