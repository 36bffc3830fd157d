"use client";

import { takeLoginStep } from "@/lib/api";
import { useAction } from "@/lib/use-action";

interface Attempt {
  step: "password" | "link" | "recovery" | "oauth" | "confirm";
  body: Record<string, string>;
}

/** Takes a step of the log-in, and goes where it leads: to a page of ours, or to a provider. */
export function useLogin() {
  return useAction({
    run: ({ step, body }: Attempt) => takeLoginStep(step, body),
    // The whole page anew: nothing of another person stays in memory, and no token in the history.
    onDone: ({ next }) => {
      if (next !== null) window.location.replace(next);
    },
  });
}
