"use client";

import { Notice } from "@/components/ui/notice";

import { useFragment } from "../use-fragment";
import { Problem } from "./problem";

/**
 * Tells of what Auth leads here with behind the #, where a mail's template is Supabase's own, as after an
 * invitation by its administrator. The session there is left alone: this browser cannot know whose it is.
 * It is known by its type, so that no script of ours names a token.
 */
export function FragmentNote() {
  const told = useFragment();
  if (told.has("error_code")) return <Problem text="This link has expired or was used before. Ask for a new one." />;
  if (!told.has("token_type")) return null;
  return (
    <Notice tone="success" live className="mt-3">
      Your e-mail address is confirmed. Log in with it: have a link sent, or set a password.
    </Notice>
  );
}
