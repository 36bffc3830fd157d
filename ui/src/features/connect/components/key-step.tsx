"use client";

import { useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";

import { Button } from "@/components/ui/button";
import { CodeBlock } from "@/components/ui/code-block";
import { ErrorCard } from "@/components/ui/error-card";
import { Notice } from "@/components/ui/notice";
import { useAction } from "@/lib/use-action";
import { useMe, useRights } from "@/lib/use-me";

import { createIngestKey } from "../api";

interface KeyStepProps {
  tenant: string;
  apiKey: string | null;
  onMade: (key: string) => void;
}

/** A key made in place; whoever may make none is told whom to ask. */
export function KeyStep({ tenant, apiKey, onMade }: KeyStepProps) {
  const queryClient = useQueryClient();
  const known = useMe().data !== undefined;
  const { manage } = useRights();
  const { start, isPending, error } = useAction({
    run: () => createIngestKey(tenant),
    onDone: ({ key }) => {
      onMade(key);
      void queryClient.invalidateQueries({ queryKey: ["keys", tenant] });
    },
  });
  if (apiKey !== null) {
    return (
      <>
        <Notice tone="warning" live>
          Copy the key now. It is shown this once, and stands in the snippets below until you leave this page.
        </Notice>
        <CodeBlock code={apiKey} what="key" />
      </>
    );
  }
  if (known && !manage) return <p className="text-muted">Ask an admin or owner of this tenant for a key that may send spans.</p>;
  return (
    <>
      <p className="text-muted">It may send spans of this tenant and can read nothing. It is filled in below.</p>
      <div>
        <Button variant="solid" disabled={!known || isPending} aria-busy={isPending} onClick={() => start(undefined)}>
          <KeyRound aria-hidden /> {isPending ? "Making a key…" : "Make a key"}
        </Button>
      </div>
      {error ? <ErrorCard title="The key was not made" error={error} /> : null}
    </>
  );
}
