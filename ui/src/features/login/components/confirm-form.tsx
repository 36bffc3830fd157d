"use client";

import { Button } from "@/components/ui/button";

import { useLogin } from "../use-login";
import { Problem } from "./problem";

interface ConfirmFormProps {
  tokenHash: string;
  type: string;
  next: string;
}

/** Scanners open the links of a mail before people do, so the link alone spends nothing. */
export function ConfirmForm({ tokenHash, type, next }: ConfirmFormProps) {
  const { start, isPending, error, data } = useLogin();
  const busy = isPending || data !== undefined;
  return (
    <>
      <p className="mt-1 text-muted">The link is yours if you asked for it, or were invited. If not, close this page.</p>
      <Problem text={error?.message} />
      <Button
        variant="solid"
        className="mt-4 h-9 w-full text-sm"
        disabled={busy}
        aria-busy={busy}
        onClick={() => start({ step: "confirm", body: { token_hash: tokenHash, type, next } })}
      >
        Log in
      </Button>
    </>
  );
}
