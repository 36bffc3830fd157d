"use client";

import { Building2, KeyRound } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";

import { EmptyState } from "@/components/ui/empty-state";
import { ErrorCard } from "@/components/ui/error-card";
import { ForeignText } from "@/components/ui/foreign-text";
import type { Me } from "@/lib/me";
import { useMe } from "@/lib/use-me";
import { useForeignTenant } from "@/lib/use-tenant";
import { useWay } from "@/lib/use-way";

import { MakeTenant } from "./make-tenant";

/** Shows a page where the caller has a tenant for it or it needs none, and otherwise says what to do. */
export function Admission({ children }: { children: ReactNode }) {
  const way = useWay();
  const { data: me, error, refetch } = useMe();
  const foreign = useForeignTenant();
  const tenantless = usePathname() === "/tenants";
  if (way === "open" || tenantless) return children;
  if (me?.tenants.length === 0) return <NoTenant me={me} />;
  if (foreign) return <NoSuchPage />;
  if (error && !me) {
    return <ErrorCard title="Your account can't be loaded" error={error} onRetry={() => void refetch()} className="m-6" />;
  }
  return (
    <>
      {way === "key" ? <KeyNotice /> : null}
      {children}
    </>
  );
}

/** The same for a tenant of others as for none, as the API answers. */
function NoSuchPage() {
  return (
    <EmptyState icon={<Building2 aria-hidden />} title="There is no such page">
      <p>Its tenant does not exist, or you are no member of it.</p>
      <Link href="/overview" className="mt-4 inline-block text-accent underline underline-offset-4">
        Go to your overview
      </Link>
    </EmptyState>
  );
}

function NoTenant({ me: { email, may_create_tenants: mayMake } }: { me: Me }) {
  return (
    <EmptyState icon={<Building2 aria-hidden />} title="You are in no tenant yet">
      <p>
        Ask an owner or an administrator of a tenant for an invitation
        {email ? (
          <>
            {" "}
            to <ForeignText text={email} />
          </>
        ) : null}
        . Open its link in this browser, and the tenant is here.
      </p>
      {mayMake ? <MakeTenant /> : null}
      <p className="mt-4 text-xs">
        An operator of this project has{" "}
        <Link href="/tenants" className="text-accent underline underline-offset-4">
          the sums of all tenants
        </Link>
        .
      </p>
    </EmptyState>
  );
}

function KeyNotice() {
  const { data: me } = useMe();
  const [membership] = me?.tenants ?? [];
  const deeds = membership?.scopes?.includes("admin") ? "reads and changes" : "reads";
  return (
    <p role="note" className="flex items-center gap-2 border-b bg-warning-soft px-4 py-2 text-xs text-warning lg:px-6">
      <KeyRound className="size-4 shrink-0" aria-hidden />
      Nobody logs in here: whoever reaches this dashboard {deeds} {membership?.tenant_id ?? "the tenant of its key"}.
    </p>
  );
}
