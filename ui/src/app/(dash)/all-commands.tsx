"use client";

import { useTheme } from "next-themes";
import { useRouter } from "next/navigation";

import { listPages } from "@/components/shell/pages";
import { usePanel } from "@/components/shell/use-panel";
import { useSwitchTenant, useTenantChoices } from "@/components/shell/use-switch-tenant";
import { CommandList } from "@/components/ui/command-list";
import { useRunCommands } from "@/features/demo/use-run-commands";
import { SETTINGS_TABS } from "@/features/settings/tabs";
import { readTraceId, type Command } from "@/lib/commands";
import { isTenantId } from "@/lib/tenant";
import { useHref } from "@/lib/url-state";
import { useMe, useRights } from "@/lib/use-me";
import { useSignOut } from "@/lib/use-sign-out";
import { useTenant } from "@/lib/use-tenant";
import { useWay } from "@/lib/use-way";

const THEMES = [
  { name: "light", label: "Light theme" },
  { name: "dark", label: "Dark theme" },
  { name: "system", label: "The system's theme" },
];

/** Everything that a person can do from every page, as far as the role opens it. */
export default function AllCommands() {
  const { close } = usePanel();
  const listPlaces = usePlaceCommands();
  const listAnyTenant = useAnyTenant();
  const rest = [...useRunCommands(), ...useTenantCommands(), ...useViewCommands(), ...useAccountCommands()];
  return (
    <CommandList
      listCommands={(text) => [...listPlaces(text), ...rest, ...listAnyTenant(text)]}
      onClose={() => close("commands")}
    />
  );
}

/** Pages, the settings' tabs, and the trace whose id is typed. */
function usePlaceCommands(): (text: string) => Command[] {
  const router = useRouter();
  const toHref = useHref();
  const { manage } = useRights();
  const lead = (path: string, label: string, also?: string): Command => ({
    id: path,
    group: "Go to",
    label,
    ...(also ? { also } : {}),
    run: () => router.push(toHref(path)),
  });
  return (text) => {
    const traceId = readTraceId(text);
    return [
      ...(traceId ? [lead(`/traces/${traceId}`, `Trace ${traceId.slice(0, 8)}…`, traceId)] : []),
      ...listPages(manage)
        .filter(({ path }) => path !== "/settings")
        .map(({ path, label }) => lead(path, label)),
      lead("/tenants", "All tenants", "list calls failures cost"),
      ...(manage ? SETTINGS_TABS.map(({ path, label, also }) => lead(path, `Settings: ${label}`, also)) : []),
    ];
  };
}

/** The caller's other tenants. */
function useTenantCommands(): Command[] {
  const tenant = useTenant();
  const switchTenant = useSwitchTenant();
  return useTenantChoices()
    .filter(({ id }) => id !== tenant)
    .map(({ id, note }) => ({ id: `tenant ${id}`, group: "Switch to tenant", label: id, note, run: () => switchTenant(id) }));
}

/** In development mode any tenant opens by its id; that comes last, since most words could be one. */
function useAnyTenant(): (text: string) => Command[] {
  const switchTenant = useSwitchTenant();
  const development = useWay() === "open";
  return (text) => {
    const id = text.trim();
    if (!development || !isTenantId(id) || readTraceId(id) !== null) return [];
    return [{ id: "any tenant", group: "Any tenant opens in development mode", label: `Tenant ${id}`, run: () => switchTenant(id) }];
  };
}

function useViewCommands(): Command[] {
  const { theme, setTheme } = useTheme();
  const { open } = usePanel();
  const themes = THEMES.map(({ name, label }) => ({
    id: `theme ${name}`,
    group: "View",
    label,
    also: "appearance colours mode",
    note: name === theme ? "current" : null,
    run: () => setTheme(name),
  }));
  return [...themes, { id: "keys", group: "View", label: "Keys of this dashboard", also: "keyboard shortcuts help", note: "?", run: () => open("keys") }];
}

function useAccountCommands(): Command[] {
  const login = useWay() === "login";
  const { data: me } = useMe();
  const { start } = useSignOut();
  const router = useRouter();
  if (!login) return [];
  const group = "Your account";
  return [
    { id: "account", group, label: "Password and tenants", also: "leave change account", run: () => router.push("/account") },
    { id: "sign out", group, label: "Sign out", also: "log out", note: me?.email ?? null, run: () => start("local") },
    { id: "sign out everywhere", group, label: "Sign out everywhere", also: "log out", run: () => start("global") },
  ];
}
