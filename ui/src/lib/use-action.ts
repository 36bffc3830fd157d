"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";

interface ActionOptions<Input, Output> {
  /** Whatever has the same one does not begin while this runs, wherever its button is. */
  mutationKey?: readonly string[];
  run: (input: Input) => Promise<Output>;
  onDone?: (output: Output, input: Input) => void;
  onFail?: (error: Error, input: Input) => void;
}

/**
 * Something that a click begins, once: React hears of a mutation's start a moment late, so a second
 * click of a double click would begin it again.
 */
export function useAction<Input, Output>({ mutationKey, run, onDone, onFail }: ActionOptions<Input, Output>) {
  const running = useRef(false);
  const queryClient = useQueryClient();
  const { mutateAsync, isPending, variables, error, data, reset } = useMutation<Output, Error, Input>({
    ...(mutationKey ? { mutationKey } : {}),
    mutationFn: run,
    ...(onDone ? { onSuccess: onDone } : {}),
    ...(onFail ? { onError: onFail } : {}),
  });
  const start = (input: Input) => {
    if (running.current || (mutationKey && queryClient.isMutating({ mutationKey }) > 0)) return;
    running.current = true;
    const settle = () => {
      running.current = false;
    };
    mutateAsync(input).then(settle, settle);
  };
  return { start, isPending, input: variables, error, data, reset };
}
