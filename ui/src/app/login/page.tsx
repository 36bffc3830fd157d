import Link from "next/link";

import { FragmentNote } from "@/features/login/components/fragment-note";
import { LoginForm } from "@/features/login/components/login-form";
import { LoginFrame } from "@/features/login/components/login-frame";
import { readAccess } from "@/lib/access";
import { toNextPath } from "@/lib/next-path";
import { AUTH_UNREACHABLE, explainOwnCode } from "@/lib/session/refusals";
import { readLoginWays } from "@/lib/session/settings";

export const metadata = { title: "Log in" };

export default async function LoginPage({ searchParams }: PageProps<"/login">) {
  const { next, problem } = await searchParams;
  const access = readAccess(process.env);
  if (access.way !== "login") return <NoLogin />;
  const ways = await readLoginWays(access.project);
  const failed = typeof problem === "string" ? explainOwnCode(problem) : undefined;
  return (
    <LoginFrame title="Log in">
      <FragmentNote />
      <LoginForm
        next={toNextPath(typeof next === "string" ? next : null)}
        problem={failed ?? (ways === null ? AUTH_UNREACHABLE.message : undefined)}
        byEmail={ways?.email ?? true}
        providers={ways?.providers ?? []}
      />
    </LoginFrame>
  );
}

function NoLogin() {
  return (
    <LoginFrame title="Nobody logs in here">
      <p className="mt-1 text-muted">
        This dashboard has no log-in: its server has neither SUPABASE_URL nor SUPABASE_PUBLISHABLE_KEY.
      </p>
      <Link href="/overview" className="mt-4 inline-block text-accent underline underline-offset-4">
        Go to the overview
      </Link>
    </LoginFrame>
  );
}
