"use client";

import { Check, Rows3 } from "lucide-react";
import Link from "next/link";
import { useState, type FormEvent, type ReactElement } from "react";

import { Button } from "@/components/ui/button";
import { Popover, PopoverContent, PopoverTrigger } from "@/components/ui/popover";
import { cn } from "@/lib/class-names";
import { isTenantId } from "@/lib/tenant";
import { useHref } from "@/lib/url-state";
import { useWay } from "@/lib/use-way";

import { useTenantChoices } from "./use-switch-tenant";

interface TenantMenuProps {
  trigger: ReactElement;
  tenant: string | null;
  onSwitch: (tenant: string) => void;
}

export default function TenantMenu({ trigger, tenant, onSwitch }: TenantMenuProps) {
  const [open, setOpen] = useState(true);
  const choices = useTenantChoices();
  const development = useWay() === "open";
  const choose = (next: string) => {
    setOpen(false);
    if (next !== tenant) onSwitch(next);
  };
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>{trigger}</PopoverTrigger>
      <PopoverContent align="start" aria-label="Switch tenant">
        <ul className="max-h-80 overflow-y-auto">
          {choices.map(({ id, note }) => (
            <li key={id}>
              <button
                type="button"
                aria-current={id === tenant}
                onClick={() => choose(id)}
                className="flex h-8 w-full items-center gap-2 rounded-md px-2 text-left hover:bg-hover"
              >
                <span className="truncate">{id}</span>
                {note === null ? null : <span className="text-xs text-muted">{note}</span>}
                {id === tenant ? <Check className="ml-auto size-3.5" aria-hidden /> : null}
              </button>
            </li>
          ))}
        </ul>
        {development ? <OtherTenant onChoose={choose} /> : null}
        <AllTenants onLeave={() => setOpen(false)} />
      </PopoverContent>
    </Popover>
  );
}

function AllTenants({ onLeave }: { onLeave: () => void }) {
  const toHref = useHref();
  return (
    <Link
      href={toHref("/tenants")}
      prefetch={false}
      onClick={onLeave}
      className="mt-1 flex h-8 items-center gap-2 border-t px-2 pt-1 hover:text-accent"
    >
      <Rows3 className="size-3.5 text-muted" aria-hidden />
      All tenants
    </Link>
  );
}

function OtherTenant({ onChoose }: { onChoose: (tenant: string) => void }) {
  const [text, setText] = useState("");
  const wellFormed = isTenantId(text);
  const malformed = text !== "" && !wellFormed;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wellFormed) onChoose(text);
  };
  return (
    <form onSubmit={submit} className="mt-1 border-t p-1 pt-2">
      <div className="flex gap-1">
        <input
          aria-label="Another tenant id"
          aria-invalid={malformed}
          aria-describedby="tenant-rule"
          placeholder="Another tenant id"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value.trim())}
          className="h-7 min-w-0 flex-1 rounded-md border border-border-strong bg-surface px-2 text-xs placeholder:text-muted"
        />
        <Button type="submit" disabled={!wellFormed}>
          Open
        </Button>
      </div>
      <p id="tenant-rule" className={cn("mt-1.5 px-1 text-2xs text-muted", malformed && "text-danger")}>
        Lower-case letters, digits, - and _; up to 63.
      </p>
    </form>
  );
}
