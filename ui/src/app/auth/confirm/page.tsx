import { redirect } from "next/navigation";

import { ConfirmForm } from "@/features/login/components/confirm-form";
import { LoginFrame } from "@/features/login/components/login-frame";
import { toNextPath } from "@/lib/next-path";

export const metadata = { title: "Log in by your link" };

/** A mail's link leads here where its template names the token: README, "Logging in". */
export default async function ConfirmPage({ searchParams }: PageProps<"/auth/confirm">) {
  const { token_hash: tokenHash, type, next } = await searchParams;
  if (typeof tokenHash !== "string") redirect("/login?problem=link_spent");
  return (
    <LoginFrame title="Log in by your link">
      <ConfirmForm
        tokenHash={tokenHash}
        type={typeof type === "string" ? type : "email"}
        next={toNextPath(typeof next === "string" ? next : null)}
      />
    </LoginFrame>
  );
}
