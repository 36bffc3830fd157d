"use client";

import { useState, type FormEvent } from "react";

import { Button } from "@/components/ui/button";

import { nameProvider } from "../providers";
import { useLogin } from "../use-login";
import { Problem } from "./problem";
import { TextField } from "./text-field";

interface LoginFormProps {
  next: string;
  /** Why an earlier attempt failed. */
  problem: string | undefined;
  byEmail: boolean;
  providers: string[];
}

export function LoginForm({ next, problem, byEmail, providers }: LoginFormProps) {
  const { start, isPending, input, error, data } = useLogin();
  const sent = data !== undefined && (input?.step === "link" || input?.step === "recovery");
  // While the browser goes on to the next page, too.
  const busy = isPending || (data !== undefined && data.next !== null);
  return (
    <>
      <Problem text={error?.message ?? (sent || busy ? null : problem)} />
      {byEmail ? (
        <EmailForm
          busy={busy}
          onPassword={(body) => start({ step: "password", body: { ...body, next } })}
          onLink={(step, email) => start({ step, body: { email, next } })}
        />
      ) : null}
      <p role="status" className={sent ? "mt-3 rounded-md bg-success-soft px-3 py-2 text-success" : ""}>
        {sent ? `If ${input.body.email ?? "this address"} may log in here, a link is on its way. Open it in this browser.` : null}
      </p>
      {providers.length > 0 ? (
        <div className="mt-4 flex flex-col gap-2 border-t pt-4">
          {providers.map((provider) => (
            <Button
              key={provider}
              className="h-9 w-full text-sm"
              disabled={busy}
              onClick={() => start({ step: "oauth", body: { provider, next } })}
            >
              Continue with {nameProvider(provider)}
            </Button>
          ))}
        </div>
      ) : null}
    </>
  );
}

interface EmailFormProps {
  busy: boolean;
  onPassword: (body: { email: string; password: string }) => void;
  onLink: (step: "link" | "recovery", email: string) => void;
}

function EmailForm({ busy, onPassword, onLink }: EmailFormProps) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onPassword({ email, password });
  };
  return (
    <form onSubmit={submit} className="mt-4 flex flex-col gap-3">
      <TextField
        label="E-mail address"
        type="email"
        name="email"
        autoComplete="username"
        required
        value={email}
        onChange={(event) => setEmail(event.target.value.trim())}
      />
      <TextField
        label="Password"
        type="password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button type="submit" variant="solid" className="mt-1 h-9 w-full text-sm" disabled={busy} aria-busy={busy}>
        Log in
      </Button>
      <Button className="h-9 w-full text-sm" disabled={busy || !email.includes("@")} onClick={() => onLink("link", email)}>
        Send me a link instead
      </Button>
      <Button variant="ghost" disabled={busy || !email.includes("@")} onClick={() => onLink("recovery", email)}>
        Set a new password
      </Button>
    </form>
  );
}
