"use client";

import { useState, type FormEvent } from "react";

import { Button } from "@/components/ui/button";
import { TextField } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { takeLoginStep } from "@/lib/api";
import { useAction } from "@/lib/use-action";

/** A new password, also for somebody who came by a link and had none. */
export function PasswordForm({ email }: { email: string }) {
  const [password, setPassword] = useState("");
  const { start, isPending, error, data } = useAction({
    run: (wanted: string) => takeLoginStep("new-password", { password: wanted }),
    onDone: () => setPassword(""),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (password !== "") start(password);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3 p-4 pt-2">
      {/* Tells a browser's password manager whose password this is. */}
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        hint="Setting it logs you out in every other browser."
        problem={error?.message ?? null}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {data && password === "" ? (
        <Notice tone="success" live>
          Your password is set. Other browsers are logged out.
        </Notice>
      ) : null}
      <Button type="submit" variant="solid" className="self-start" disabled={isPending || password === ""} aria-busy={isPending}>
        {isPending ? "Setting…" : "Set the password"}
      </Button>
    </form>
  );
}
