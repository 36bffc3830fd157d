"use client";

import { Notice } from "@/components/ui/notice";

import { useFragment } from "../use-fragment";
import { Problem } from "./problem";

/**
 * What Auth tells behind the # where a mail's template is Supabase's own, as after an invitation by
 * its administrator. The session there is left alone: whose it is, this browser cannot know.
 */
export function FragmentNote() {
  const told = useFragment();
  if (told.has("error_code")) return <Problem text="This link has expired or was used before. Ask for a new one." />;
  if (!told.has("access_token")) return null;
  return (
    <Notice tone="success" live className="mt-3">
      Your e-mail address is confirmed. Log in with it: have a link sent, or set a password.
    </Notice>
  );
}
