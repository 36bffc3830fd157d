"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Card } from "@/components/ui/card";
import { Failure } from "@/components/ui/failure";
import { Skeleton } from "@/components/ui/skeleton";
import { useAction } from "@/lib/use-action";
import { useTenant } from "@/lib/use-tenant";

import { mappingsQuery, setMappings, type Rule } from "../api";
import { findRowProblems, isSame, placeRefusal, toDrafts, toRules } from "../lib/drafts";
import { RulesCard } from "./rules-card";
import { TrialCard } from "./trial-card";

/** Rules from a tenant's own attributes to columns, beside a dry run. */
export function Mappings() {
  const tenant = useTenant();
  const { data, error, refetch } = useQuery(mappingsQuery(tenant));
  if (error && !data) return <Failure title="The rules can't be loaded" error={error} onRetry={() => void refetch()} />;
  if (!data || tenant === null) {
    return (
      <Card aria-label="Loading" className="p-4">
        <Skeleton className="h-60" />
      </Card>
    );
  }
  return <Editor key={tenant} tenant={tenant} stored={data.mappings} />;
}

function Editor({ tenant, stored }: { tenant: string; stored: Rule[] }) {
  const queryClient = useQueryClient();
  const [drafts, setDrafts] = useState(() => toDrafts(stored));
  const [checked, setChecked] = useState(false);
  const { start, isPending, error, data, reset } = useAction({
    run: (rules: Rule[]) => setMappings(tenant, rules),
    onDone: (saved) => {
      queryClient.setQueryData(mappingsQuery(tenant).queryKey, saved);
      setDrafts(toDrafts(saved.mappings));
      setChecked(false);
    },
  });
  const problems = findRowProblems(drafts);
  const refused = error ? placeRefusal(error, drafts) : null;
  const save = () => {
    setChecked(true);
    if (problems.size === 0) start(toRules(drafts));
  };
  const edit = (next: typeof drafts) => {
    setDrafts(next);
    reset();
  };
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <RulesCard
        drafts={drafts}
        problems={refused ?? (checked ? problems : new Map())}
        changed={!isSame(drafts, stored)}
        saved={data !== undefined}
        pending={isPending}
        error={refused ? null : error}
        onChange={edit}
        onSave={save}
        onDiscard={() => edit(toDrafts(stored))}
      />
      <TrialCard tenant={tenant} rules={toRules(drafts)} ready={problems.size === 0} />
    </div>
  );
}
