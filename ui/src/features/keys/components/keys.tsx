"use client";

import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useQueryStates } from "nuqs";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { Failure } from "@/components/ui/failure";
import { Pager } from "@/components/ui/pager";
import { Segmented } from "@/components/ui/segmented";
import { usePages } from "@/lib/use-pages";
import { useTenant } from "@/lib/use-tenant";

import { keysQuery, type Key } from "../api";
import { keyParsers } from "../search-params";
import { KeyTable } from "./key-table";
import { NewKeyDialog } from "./new-key-dialog";
import { RevokeDialog } from "./revoke-dialog";
import { RotateDialog } from "./rotate-dialog";

const STATUS_OPTIONS = [
  { value: "active", label: "Active", title: "Keys that work" },
  { value: "expired", label: "Expired", title: "Keys whose time is over" },
  { value: "revoked", label: "Revoked", title: "Keys that somebody ended" },
  { value: "all", label: "All", title: "Every key and ingest token" },
] as const;

type Open = { dialog: "new" } | { dialog: "rotate" | "revoke"; key: Key } | null;

export function Keys() {
  const tenant = useTenant();
  const [{ status, cursor }, setParams] = useQueryStates(keyParsers);
  const [open, setOpen] = useState<Open>(null);
  const { data, error, refetch } = useQuery(keysQuery(tenant, status === "all" ? null : status, cursor));
  const pages = usePages(cursor, data?.next_cursor ?? null, (next) => void setParams({ cursor: next }, { history: "push" }));
  const close = () => setOpen(null);
  if (error && !data) return <Failure title="The keys can't be loaded" error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        <Segmented
          label="Status"
          value={status}
          options={STATUS_OPTIONS}
          onChange={(next) => void setParams({ status: next, cursor: null })}
        />
        <Button variant="solid" className="ml-auto" disabled={tenant === null} onClick={() => setOpen({ dialog: "new" })}>
          <Plus aria-hidden /> New key
        </Button>
      </div>
      <Card aria-label="Keys" className="overflow-hidden">
        {data?.items.length === 0 ? (
          <NoKeys all={status === "all" || status === "active"} />
        ) : (
          <KeyTable
            keys={data?.items}
            onRotate={(key) => setOpen({ dialog: "rotate", key })}
            onRevoke={(key) => setOpen({ dialog: "revoke", key })}
          />
        )}
        {data && (data.items.length > 0 || cursor !== null) ? <Pager noun="key" count={data.items.length} {...pages} /> : null}
      </Card>
      {open?.dialog === "new" && tenant ? <NewKeyDialog tenant={tenant} onClose={close} /> : null}
      {open?.dialog === "rotate" && tenant ? <RotateDialog tenant={tenant} apiKey={open.key} onClose={close} /> : null}
      {open?.dialog === "revoke" && tenant ? <RevokeDialog tenant={tenant} apiKey={open.key} onClose={close} /> : null}
    </>
  );
}

function NoKeys({ all }: { all: boolean }) {
  return (
    <EmptyState icon={<KeyRound aria-hidden />} title={all ? "No key works for this tenant" : "No such key"}>
      <p>{all ? "Make one, and give it to the application that is to send spans." : "Choose another status."}</p>
    </EmptyState>
  );
}
