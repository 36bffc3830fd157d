"use client";

import { useRights } from "@/lib/use-me";
import { useTenant } from "@/lib/use-tenant";

import { forgetTenant, forgetTrace, forgetUser } from "../api";
import { CaptureCard } from "./capture-card";
import { ForgetCard } from "./forget-card";
import { RetentionCard } from "./retention-card";
import { TagKeysCard } from "./tag-keys-card";

const TRACE_ID = /^[0-9a-f]{32}$/;

/** How long data stays, and how it goes. */
export function Data() {
  const tenant = useTenant();
  const here = tenant ?? "";
  const { own } = useRights();
  return (
    <>
      <RetentionCard tenant={tenant} />
      <CaptureCard tenant={tenant} />
      <TagKeysCard tenant={tenant} />
      <div className="grid items-start gap-4 lg:grid-cols-2" key={here}>
        <ForgetCard
          id="forget-user"
          title="Forget a user"
          text={<p>Deletes every trace of one of your users, with prompts, answers and sums. Nothing brings it back.</p>}
          label="User id"
          hint="As your application sets it, or as spans show it."
          button="Forget this user"
          check={() => null}
          forget={(userId) => forgetUser(here, userId)}
        />
        <ForgetCard
          id="forget-trace"
          title="Delete a trace"
          text={<p>Deletes one trace with its spans and their contents. Nothing brings it back.</p>}
          label="Trace id"
          hint="The 32 characters in the address of its page."
          button="Delete this trace"
          check={(typed) => (TRACE_ID.test(typed.trim()) ? null : "A trace id has 32 characters of 0 to 9 and a to f.")}
          forget={(traceId) => forgetTrace(here, traceId.trim())}
        />
        {own ? <ForgetTenant tenant={here} /> : null}
      </div>
    </>
  );
}

/** For owners alone; an admin would only be refused. */
function ForgetTenant({ tenant }: { tenant: string }) {
  return (
    <ForgetCard
      id="forget-tenant"
      title="Delete this tenant"
      text={
        <p>
          Deletes all there is of <b className="font-medium text-foreground">{tenant}</b>: spans, contents, sums, keys and
          members. Only owners may, nothing brings it back, and whatever still sends for it is refused.
        </p>
      }
      label={`Type ${tenant} to confirm`}
      button="Delete this tenant for good"
      check={(typed) => (typed === tenant ? null : "That is not this tenant's id.")}
      forget={() => forgetTenant(tenant)}
      disabled={tenant === ""}
    />
  );
}
