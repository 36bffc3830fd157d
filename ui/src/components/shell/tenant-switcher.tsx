"use client";

import { Building2, ChevronsUpDown } from "lucide-react";
import { lazy } from "react";

import { Button } from "@/components/ui/button";
import { OnDemand } from "@/components/ui/on-demand";
import { cn } from "@/lib/class-names";
import { useTenant } from "@/lib/use-tenant";

import { useSwitchTenant } from "./use-switch-tenant";

const TenantMenu = lazy(() => import("./tenant-menu"));

export function TenantSwitcher({ className }: { className?: string }) {
  const tenant = useTenant();
  const switchTenant = useSwitchTenant();
  const trigger = (
    <Button className={cn("min-w-0 justify-start", className)} aria-label={`Tenant: ${tenant ?? ""}`}>
      <Building2 aria-hidden className="text-muted" />
      <span className="truncate">{tenant ?? "\u00a0"}</span>
      <ChevronsUpDown aria-hidden className="ml-auto text-muted" />
    </Button>
  );
  return (
    <OnDemand trigger={trigger} opens="dialog">
      <TenantMenu trigger={trigger} tenant={tenant} onSwitch={switchTenant} />
    </OnDemand>
  );
}
