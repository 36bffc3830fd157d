"use client";

import { useQuery } from "@tanstack/react-query";

import { Card, CardHeader } from "@/components/ui/card";
import { Failure } from "@/components/ui/failure";
import { Skeleton } from "@/components/ui/skeleton";

import { tagKeysQuery } from "../api";
import { TagKeysForm } from "./tag-keys-form";

/** The tags by which sums are kept, and so are there at once. */
export function TagKeysCard({ tenant }: { tenant: string | null }) {
  const { data, error, refetch } = useQuery(tagKeysQuery(tenant));
  if (error && !data) return <Failure title="The keys of tags can't be loaded" error={error} onRetry={() => void refetch()} />;
  return (
    <Card aria-labelledby="tag-keys-title">
      <CardHeader id="tag-keys-title" title="Sums by tags" />
      <div className="flex min-h-40 flex-col gap-4 p-4 pt-2">
        <p className="text-muted">
          Sums by any tag can be asked for. By the keys that are chosen here, eight at most, they are kept, and answered quickly.
        </p>
        {data && tenant !== null ? <TagKeysForm key={tenant} tenant={tenant} status={data} /> : <Skeleton className="h-38" />}
      </div>
    </Card>
  );
}
