"use client";

import { Mail } from "lucide-react";

import { Button } from "@/components/ui/button";
import { ErrorCard } from "@/components/ui/error-card";
import { ForeignText } from "@/components/ui/foreign-text";
import { Notice } from "@/components/ui/notice";
import type { Body } from "@/lib/api";
import { useAction } from "@/lib/use-action";

import { mailInvitation } from "../api";

interface MailInvitationProps {
  tenant: string;
  made: Body<"CreatedInvitation">;
  email: string;
}

/** The log-in service writes the mail; where it refuses, the link above is still there to copy. */
export function MailInvitation({ tenant, made, email }: MailInvitationProps) {
  const { start, isPending, error, data } = useAction({ run: () => mailInvitation(tenant, made) });
  if (data) {
    return (
      <Notice tone="success" live>
        A mail with a link is on its way to <ForeignText text={email} />.
      </Notice>
    );
  }
  return (
    <>
      {error ? <ErrorCard title="No mail was sent" error={error} /> : null}
      <Button className="max-w-full self-start" disabled={isPending} aria-busy={isPending} onClick={() => start(undefined)}>
        <Mail aria-hidden />
        <span className="truncate">
          {isPending ? "Sending…" : <>Mail it to <ForeignText text={email} /></>}
        </span>
      </Button>
    </>
  );
}
