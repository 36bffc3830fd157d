"use client";

import { RefreshCw, Trash2 } from "lucide-react";

import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ForeignText } from "@/components/ui/foreign-text";
import { Moment } from "@/components/ui/moment";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/class-names";
import { spell } from "@/lib/foreign-text";

import type { Key } from "../api";

const MEDIUM = "hidden sm:table-cell";
const WIDE = "hidden lg:table-cell";
const SKELETON_ROWS = 4;

interface KeyTableProps {
  /** Undefined while loading. */
  keys: Key[] | undefined;
  onRotate: (key: Key) => void;
  onRevoke: (key: Key) => void;
}

export function KeyTable({ keys, onRotate, onRevoke }: KeyTableProps) {
  return (
    <table className="w-full table-fixed">
      <caption className="sr-only">Keys, newest first</caption>
      <thead className="text-xs text-muted">
        <tr className="h-8 text-left [&>th]:font-normal">
          <th scope="col" className="px-4">Name</th>
          <th scope="col" className={cn("w-40 px-3", MEDIUM)}>May</th>
          <th scope="col" className={cn("w-40 px-3", WIDE)}>Made</th>
          <th scope="col" className={cn("w-36 px-3", MEDIUM)}>Last used</th>
          <th scope="col" className={cn("w-36 px-3", MEDIUM)}>Expires</th>
          <th scope="col" className="w-24 px-3 pr-4">
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys?.map((key) => <KeyRow key={key.key_id} apiKey={key} onRotate={onRotate} onRevoke={onRevoke} />) ??
          Array.from({ length: SKELETON_ROWS }, (_, row) => (
            <tr key={row} className="h-12 border-t">
              <td colSpan={6} className="px-4">
                <Skeleton className="h-4" />
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}

interface KeyRowProps extends Pick<KeyTableProps, "onRotate" | "onRevoke"> {
  apiKey: Key;
}

function KeyRow({ apiKey, onRotate, onRevoke }: KeyRowProps) {
  const active = apiKey.status === "active";
  return (
    <tr className="h-12 border-t hover:bg-hover">
      <th scope="row" className="px-4 py-1.5 text-left font-normal">
        <KeyName apiKey={apiKey} />
      </th>
      <td className={cn("px-3", MEDIUM)}>
        <span className="flex flex-wrap gap-1">
          {apiKey.scopes.map((scope) => (
            <Badge key={scope}>{scope}</Badge>
          ))}
        </span>
      </td>
      <td className={cn("px-3 text-xs text-muted tabular-nums", WIDE)}>
        <Moment iso={apiKey.created_at} className="block" />
        <span className="block truncate" title={spell(apiKey.created_by)}>
          by <ForeignText text={apiKey.created_by} />
        </span>
      </td>
      <td className={cn("px-3 text-xs text-muted tabular-nums", MEDIUM)}>
        {apiKey.last_used_at === null ? "not yet" : <Moment iso={apiKey.last_used_at} />}
      </td>
      <td className={cn("px-3 text-xs text-muted tabular-nums", MEDIUM)}>
        {apiKey.expires_at === null ? "never" : <Moment iso={apiKey.expires_at} />}
      </td>
      <td className="px-3 pr-4">
        <span className="flex justify-end gap-1">
          {active && apiKey.kind === "api_key" && apiKey.replaced_by === null ? (
            <Button variant="ghost" size="icon" title="Rotate" aria-label={`Rotate ${spell(apiKey.name)}`} onClick={() => onRotate(apiKey)}>
              <RefreshCw aria-hidden />
            </Button>
          ) : null}
          {active ? (
            <Button variant="ghost" size="icon" title="Revoke" aria-label={`Revoke ${spell(apiKey.name)}`} onClick={() => onRevoke(apiKey)}>
              <Trash2 aria-hidden />
            </Button>
          ) : null}
        </span>
      </td>
    </tr>
  );
}

function KeyName({ apiKey }: { apiKey: Key }) {
  return (
    <>
      <span className="flex items-center gap-1.5">
        <span className="truncate font-medium" title={spell(apiKey.name)}>
          <ForeignText text={apiKey.name} />
        </span>
        {apiKey.kind === "ingest_token" ? <Badge>ingest token</Badge> : null}
        {apiKey.status === "active" ? null : (
          <Badge tone={apiKey.status === "revoked" ? "danger" : "warning"}>{apiKey.status}</Badge>
        )}
        {apiKey.replaced_by === null ? null : <Badge title={`Its successor is ${apiKey.replaced_by}.`}>rotated</Badge>}
      </span>
      <span className="block truncate text-2xs text-muted">
        <code className="font-mono">{apiKey.key_id}</code>
        {apiKey.environment ? ` · ${apiKey.environment}` : null}
        <span className="sm:hidden"> · {apiKey.scopes.join(", ")}</span>
      </span>
    </>
  );
}
