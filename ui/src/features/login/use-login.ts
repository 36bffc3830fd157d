"use client";

import { useMutation } from "@tanstack/react-query";

import { takeLoginStep } from "@/lib/api";

interface Attempt {
  step: "password" | "link" | "recovery" | "oauth" | "confirm";
  body: Record<string, string>;
}

/** Takes a step of the log-in, and goes where it leads: to a page of ours, or to a provider. */
export function useLogin() {
  return useMutation({
    mutationFn: ({ step, body }: Attempt) => takeLoginStep(step, body),
    // The whole page anew: nothing of another person stays in memory, and no token in the history.
    onSuccess: ({ next }) => {
      if (next !== null) window.location.replace(next);
    },
  });
}
