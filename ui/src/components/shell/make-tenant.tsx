"use client";

import { useState, type FormEvent } from "react";

import { Button } from "@/components/ui/button";
import { callApi, type Body } from "@/lib/api";
import { isTenantId } from "@/lib/tenant";
import { useAction } from "@/lib/use-action";

const toOverview = (tenant: string) => `/overview?${new URLSearchParams({ tenant })}`;

/** Makes a tenant whose first owner is the caller, where the deployment lets that person. */
export function MakeTenant() {
  const [id, setId] = useState("");
  const { start, isPending, error, data } = useAction({
    run: (tenant: string) =>
      callApi<Body<"Entry">>("tenants", { method: "POST", body: { tenant_id: tenant } satisfies Body<"NewTenant"> }),
    // The whole page anew: everything here was asked for nobody's tenant.
    onDone: (_entry, tenant) => window.location.assign(toOverview(tenant)),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isTenantId(id)) start(id);
  };
  return (
    <form onSubmit={submit} className="mx-auto mt-4 flex max-w-sm flex-col gap-2 border-t pt-4 text-left">
      <label className="block">
        <span className="mb-1 block text-xs font-medium text-foreground">Or make a tenant of your own</span>
        <input
          required
          pattern="[a-z0-9][a-z0-9_\-]{0,62}"
          title="Lower-case letters, digits, - and _; up to 63"
          placeholder="for example acme"
          autoComplete="off"
          spellCheck={false}
          value={id}
          onChange={(event) => setId(event.target.value.trim())}
          className="h-9 w-full rounded-md border border-border-strong bg-surface px-2.5 text-foreground placeholder:text-muted"
        />
      </label>
      {error ? (
        <p role="alert" className="text-xs text-danger">
          {error.message}
        </p>
      ) : null}
      <Button type="submit" variant="solid" className="h-9" disabled={isPending || data !== undefined} aria-busy={isPending}>
        Make it
      </Button>
    </form>
  );
}
