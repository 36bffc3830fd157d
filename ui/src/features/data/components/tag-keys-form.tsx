"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { Button } from "@/components/ui/button";
import { ErrorCard } from "@/components/ui/error-card";
import { Notice } from "@/components/ui/notice";
import { useAction } from "@/lib/use-action";

import { setTagKeys, tagKeysQuery, type TagKeysStatus } from "../api";
import { areOthers } from "../lib/tag-keys";
import { TagKeyAdder } from "./tag-key-adder";
import { TagKeyList } from "./tag-key-list";

interface TagKeysFormProps {
  tenant: string;
  status: TagKeysStatus;
}

export function TagKeysForm({ tenant, status }: TagKeysFormProps) {
  const queryClient = useQueryClient();
  const [chosen, setChosen] = useState(status.keys);
  const { queryKey } = tagKeysQuery(tenant);
  const { start, isPending, error, data } = useAction({
    run: (keys: string[]) => setTagKeys(tenant, keys),
    onDone: ({ keys }) => queryClient.setQueryData(queryKey, (known) => known && { ...known, keys }),
  });
  const changed = areOthers(status.keys, chosen);
  const added = chosen.some((key) => !status.keys.includes(key));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed) start(chosen);
  };
  return (
    <>
      <TagKeyList chosen={chosen} onRemove={(key) => setChosen(chosen.filter((each) => each !== key))} />
      <TagKeyAdder chosen={chosen} seen={status.seen} onAdd={(key) => setChosen([...chosen, key])} />
      {added ? (
        <Notice tone="info">Until the sums by a new key are made, all sums of this tenant are slower. Their numbers stay the same.</Notice>
      ) : null}
      {error ? <ErrorCard title="The keys were not saved" error={error} /> : null}
      <form onSubmit={submit} className="flex items-center gap-3">
        <Button type="submit" variant="solid" disabled={!changed || isPending} aria-busy={isPending}>
          {isPending ? "Saving…" : "Save"}
        </Button>
        <p role="status" className="text-xs text-muted">
          {data && !changed && !isPending ? "Saved." : ""}
        </p>
      </form>
    </>
  );
}
