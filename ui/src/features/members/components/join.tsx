"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useSyncExternalStore } from "react";

import { Button } from "@/components/ui/button";
import { ErrorCard } from "@/components/ui/error-card";
import { meQuery } from "@/lib/me";
import { useAction } from "@/lib/use-action";

import { accept } from "../api";

/** False in the server's HTML, where a click would be lost. */
function useHydrated(): boolean {
  return useSyncExternalStore(
    () => () => undefined,
    () => true,
    () => false,
  );
}

/** An invitation as the invited sees it. A click accepts: programs open the links of mails, too. */
export function Join({ token }: { token: string }) {
  const router = useRouter();
  const queryClient = useQueryClient();
  const { start, isPending, error, data } = useAction({
    run: () => accept(token),
    // The overview asks whose tenant it is, so the new one has to be known first.
    onDone: ({ tenant_id: tenant }) =>
      void queryClient
        .fetchQuery({ ...meQuery, staleTime: 0 })
        .finally(() => router.replace(`/overview?${new URLSearchParams({ tenant })}`)),
  });
  const busy = isPending || data !== undefined;
  const hydrated = useHydrated();
  return (
    <div className="flex w-full max-w-md flex-col gap-4">
      <h1 className="text-lg font-medium">You are invited</h1>
      <p className="text-muted">Accept, and you see the traces that this invitation opens. It works once.</p>
      {error ? <ErrorCard title="The invitation was not accepted" error={error} /> : null}
      <div>
        <Button variant="solid" disabled={!hydrated || busy} aria-busy={busy} onClick={() => start(undefined)}>
          {busy ? "Coming in…" : "Accept the invitation"}
        </Button>
      </div>
    </div>
  );
}
