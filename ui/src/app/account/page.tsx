import { redirect } from "next/navigation";

import { Logo } from "@/components/shell/logo";
import { Account } from "@/features/account/components/account";
import { readAccess } from "@/lib/access";

export const metadata = { title: "Your account" };

/** Outside the dashboard's frame, since a person without a tenant sets a password, too. */
export default function AccountPage() {
  if (readAccess(process.env).way !== "login") redirect("/login");
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-md flex-col gap-6 p-6 sm:py-16">
      <Logo />
      <Account />
    </main>
  );
}
