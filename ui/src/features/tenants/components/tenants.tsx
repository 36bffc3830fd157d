"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Building2 } from "lucide-react";

import { RangeControl, RefreshControls } from "@/components/shell/view-controls";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorCard } from "@/components/ui/error-card";
import { formatQuantity } from "@/lib/format";
import { useView } from "@/lib/url-state";
import { useWay } from "@/lib/use-way";

import { tenantsQuery } from "../api";
import { TenantTable } from "./tenant-table";

export function Tenants() {
  return useWay() === "login" ? <PersonsTenants /> : <NoPeople />;
}

function PersonsTenants() {
  const { range, refetchInterval } = useView();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    ...tenantsQuery(range),
    refetchInterval,
  });
  const tenants = data?.flatMap((page) => page.tenants);
  return (
    <div className="flex flex-col gap-4 p-4 lg:px-6">
      <div className="flex flex-wrap items-center gap-2">
        <RangeControl />
        {data?.[0]?.operator ? <OperatorBadge /> : null}
        <div className="ml-auto">
          <RefreshControls />
        </div>
      </div>
      {error ? <ErrorCard title="The tenants can't be loaded" error={error} onRetry={() => void refetch()} /> : null}
      {error && !data ? null : (
        <Card aria-label="Tenants" className="overflow-hidden">
          {tenants?.length === 0 ? <NoTenants /> : <TenantTable tenants={tenants} />}
          {tenants && tenants.length > 0 ? (
            <div className="flex items-center gap-2 border-t px-4 py-2">
              <p className="text-xs text-muted tabular-nums">
                {formatQuantity(tenants.length, "tenant")}
                {hasNextPage ? ", by name; there are more" : ""}
              </p>
              {hasNextPage ? (
                <Button className="ml-auto" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                  Show more
                </Button>
              ) : null}
            </div>
          ) : null}
        </Card>
      )}
    </div>
  );
}

function OperatorBadge() {
  return (
    <Badge tone="accent" title="You see the sums of every tenant, and open those where you are a member.">
      All tenants of this project
    </Badge>
  );
}

function NoTenants() {
  return (
    <EmptyState icon={<Building2 aria-hidden />} title="You are in no tenant yet">
      <p>Ask an owner or an administrator of a tenant for an invitation. Its sums are here then.</p>
    </EmptyState>
  );
}

/** Of whom the API could tell no tenants: a developer has all there might be, a key has one. */
function NoPeople() {
  return (
    <EmptyState icon={<Building2 aria-hidden />} title="This page is for people who log in">
      <p>
        It compares the tenants where a person is a member, and all tenants for an operator. Nobody logs in here, so
        there is nobody whose tenants it could show; the tenant menu opens each by its name.
      </p>
    </EmptyState>
  );
}
