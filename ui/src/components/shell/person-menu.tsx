"use client";

import { CircleUser, LoaderCircle } from "lucide-react";
import { lazy } from "react";

import { Button } from "@/components/ui/button";
import { OnDemand } from "@/components/ui/on-demand";
import { useMe } from "@/lib/use-me";
import { useSignOut } from "@/lib/use-sign-out";
import { useWay } from "@/lib/use-way";

const PersonOptions = lazy(() => import("./person-options"));

/** Who has logged in, and the way out; nothing where nobody logs in. */
export function PersonMenu({ wide = false }: { wide?: boolean }) {
  const way = useWay();
  const { data: me } = useMe();
  const { start, isPending } = useSignOut();
  if (way !== "login") return null;
  const Icon = isPending ? LoaderCircle : CircleUser;
  const trigger = (
    <Button
      variant="ghost"
      size={wide ? "sm" : "icon"}
      aria-label="Your account"
      title={me?.email ?? "Your account"}
      className={wide ? "w-full min-w-0 justify-start" : ""}
      disabled={isPending}
    >
      <Icon aria-hidden className={isPending ? "animate-spin" : undefined} />
      {wide ? <span className="truncate">{me?.email ?? "Your account"}</span> : null}
    </Button>
  );
  return (
    <OnDemand trigger={trigger} opens="menu">
      <PersonOptions trigger={trigger} me={me} onSignOut={start} />
    </OnDemand>
  );
}
