"use client";

import { useState, type ReactNode } from "react";

import { Card } from "@/components/ui/card";
import { CodeBlock } from "@/components/ui/code-block";
import { Notice } from "@/components/ui/notice";
import { useTenant } from "@/lib/use-tenant";

import { KEY_STAND_IN } from "../lib/snippets";
import { Arrival } from "./arrival";
import { KeyStep } from "./key-step";
import { Recipes } from "./recipes";

interface ConnectProps {
  /** Of the API; null where the dashboard's server knows none. */
  endpoint: string | null;
}

/** From nothing to a first span: an address, a key, code, and the wait. */
export function Connect({ endpoint }: ConnectProps) {
  const tenant = useTenant();
  return <Steps key={tenant} tenant={tenant} endpoint={endpoint} />;
}

function Steps({ tenant, endpoint }: ConnectProps & { tenant: string | null }) {
  const [apiKey, setApiKey] = useState<string | null>(null);
  if (endpoint === null) {
    return (
      <Notice tone="warning">
        The dashboard does not know the API&apos;s address. Set <code className="font-mono">API_URL</code> on its server and
        restart it.
      </Notice>
    );
  }
  return (
    <Card aria-labelledby="connect-title" className="min-w-0">
      <h2 id="connect-title" className="px-4 pt-4 text-base font-medium">
        Send your first span
      </h2>
      <p className="px-4 pt-1 text-muted">Whatever exports OpenTelemetry&apos;s spans over HTTP can send here.</p>
      <ol>
        <Step number={1} title="Where to send">
          <CodeBlock code={endpoint} what="endpoint" />
        </Step>
        <Step number={2} title="A key">
          <KeyStep tenant={tenant ?? ""} apiKey={apiKey} onMade={setApiKey} />
        </Step>
        <Step number={3} title="Your application">
          <Recipes endpoint={endpoint} tenant={tenant ?? ""} apiKey={apiKey ?? KEY_STAND_IN} />
        </Step>
        <Step number={4} title="See it arrive">
          <Arrival tenant={tenant} />
        </Step>
      </ol>
    </Card>
  );
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <li className="grid grid-cols-[1.5rem_minmax(0,1fr)] gap-3 border-t p-4 first:mt-4">
      <span aria-hidden className="grid size-6 place-items-center rounded-full bg-accent-soft text-xs font-medium text-accent">
        {number}
      </span>
      <div className="flex min-w-0 flex-col gap-3">
        <h3 className="pt-0.5 font-medium">{title}</h3>
        {children}
      </div>
    </li>
  );
}
