"use client";

import { ArrowLeft } from "lucide-react";
import Link from "next/link";
import { useEffect, useState } from "react";

import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { ErrorCard } from "@/components/ui/error-card";
import { ForeignText } from "@/components/ui/foreign-text";
import { Skeleton } from "@/components/ui/skeleton";
import type { Me } from "@/lib/me";
import { watchSignOut } from "@/lib/session-events";
import { useMe } from "@/lib/use-me";

import { LeaveDialog } from "./leave-dialog";
import { PasswordForm } from "./password-form";

/** What belongs to the person and to no tenant: the password, and where they are a member. */
export function Account() {
  useEffect(watchSignOut, []);
  const { data: me, error, refetch } = useMe();
  if (error && !me) return <ErrorCard title="Your account can't be loaded" error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <div>
        <h1 className="text-lg font-medium">Your account</h1>
        {me ? <p className="truncate text-muted">{me.email ? <ForeignText text={me.email} /> : "without an e-mail address"}</p> : <Skeleton className="h-5 w-48" />}
      </div>
      <Card aria-labelledby="password-title">
        <CardHeader id="password-title" title="Password" />
        <PasswordForm email={me?.email ?? ""} />
      </Card>
      {me && me.tenants.length > 0 ? <Tenants me={me} /> : null}
      <Link href="/overview" className="inline-flex items-center gap-1.5 self-start text-accent underline underline-offset-4">
        <ArrowLeft className="size-4" aria-hidden /> To the overview
      </Link>
    </>
  );
}

function Tenants({ me }: { me: Me }) {
  const [leaving, setLeaving] = useState<string | null>(null);
  return (
    <Card aria-labelledby="tenants-title">
      <CardHeader id="tenants-title" title="Your tenants" />
      <ul className="mt-2">
        {me.tenants.map(({ tenant_id: tenant, role }) => (
          <li key={tenant} className="flex items-center gap-3 border-t px-4 py-2">
            <p className="min-w-0 flex-1">
              <span className="block truncate font-medium">{tenant}</span>
              <span className="text-2xs text-muted">as {role}</span>
            </p>
            <Button aria-label={`Leave ${tenant}`} onClick={() => setLeaving(tenant)}>
              Leave
            </Button>
          </li>
        ))}
      </ul>
      {leaving === null ? null : <LeaveDialog tenant={leaving} onClose={() => setLeaving(null)} />}
    </Card>
  );
}
