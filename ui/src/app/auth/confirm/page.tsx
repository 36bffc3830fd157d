import { headers } from "next/headers";
import { redirect } from "next/navigation";

import { ConfirmForm } from "@/features/login/components/confirm-form";
import { LoginFrame } from "@/features/login/components/login-frame";
import { toLinkedPath } from "@/lib/next-path";

export const metadata = { title: "Log in by your link" };

/** A mail's link leads here where its template names the token: README, "Logging in". */
export default async function ConfirmPage({ searchParams }: PageProps<"/auth/confirm">) {
  const { token_hash: tokenHash, type, next } = await searchParams;
  if (typeof tokenHash !== "string") redirect("/login?problem=link_spent");
  // A recovery without a page to go to ends where the new password is set.
  const wanted = typeof next === "string" ? next : type === "recovery" ? "/account" : undefined;
  return (
    <LoginFrame title="Log in by your link">
      <ConfirmForm
        tokenHash={tokenHash}
        type={typeof type === "string" ? type : "email"}
        next={toLinkedPath(wanted, await readOrigin())}
      />
    </LoginFrame>
  );
}

/** The address of this dashboard, as the browser has it. */
async function readOrigin(): Promise<string> {
  const given = await headers();
  return `${given.get("x-forwarded-proto")?.split(",")[0]?.trim() ?? "http"}://${given.get("host") ?? ""}`;
}
