"use client";

import { useState } from "react";

import { CopyButton } from "@/components/ui/copy-button";
import { ForeignText } from "@/components/ui/foreign-text";

import { Section } from "./panel-parts";

const SEARCHED_FROM = 8;

export function AttributesSection({ attributes }: { attributes: Record<string, unknown> }) {
  const [search, setSearch] = useState("");
  const all = Object.entries(attributes).map(([name, value]) => ({ name, text: toText(value) }));
  const wanted = search.toLowerCase();
  const shown = all
    .filter(({ name, text }) => `${name} ${text}`.toLowerCase().includes(wanted))
    .toSorted((a, b) => a.name.localeCompare(b.name));
  return (
    <Section
      title={`Attributes (${all.length})`}
      action={
        all.length === 0 ? null : (
          <CopyButton text={JSON.stringify(attributes, null, 2)} what="attributes as JSON" />
        )
      }
    >
      {all.length >= SEARCHED_FROM ? (
        <input
          type="search"
          aria-label="Search attributes"
          placeholder="Search attributes"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          className="mb-2 h-7 w-full rounded-md border border-border-strong bg-surface px-2 text-xs placeholder:text-muted"
        />
      ) : null}
      <dl className="text-xs">
        {shown.map(({ name, text }) => (
          <div key={name} className="border-t py-1 first:border-t-0">
            <dt className="text-2xs wrap-anywhere text-muted">
              <ForeignText text={name} />
            </dt>
            <dd className="font-mono text-2xs whitespace-pre-wrap wrap-anywhere">
              <ForeignText text={text} form="prose" />
            </dd>
          </div>
        ))}
      </dl>
      {all.length > 0 && shown.length === 0 ? <p className="text-xs text-muted">No attribute matches.</p> : null}
      {all.length === 0 ? <p className="text-xs text-muted">None were recorded.</p> : null}
    </Section>
  );
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
