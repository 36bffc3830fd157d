"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { Button } from "@/components/ui/button";
import { Dialog, DialogActions } from "@/components/ui/dialog";
import { ErrorCard } from "@/components/ui/error-card";
import { SelectField, TextField } from "@/components/ui/field";
import { Moment } from "@/components/ui/moment";
import { ShownOnce } from "@/components/ui/shown-once";
import type { Body } from "@/lib/api";
import { useAction } from "@/lib/use-action";
import { useWay } from "@/lib/use-way";

import { invite, membersQuery, ROLES, type Invite } from "../api";
import { findAddressProblem, writeLink } from "../lib/invitations";
import { MailInvitation } from "./mail-invitation";

const DAYS = [1, 7, 30];

interface InviteDialogProps {
  tenant: string;
  onClose: () => void;
}

export function InviteDialog({ tenant, onClose }: InviteDialogProps) {
  const queryClient = useQueryClient();
  const { start, isPending, error, data } = useAction({
    run: (wanted: Invite) => invite(tenant, wanted),
    onDone: () => void queryClient.invalidateQueries(membersQuery(tenant)),
  });
  return (
    <Dialog title={data ? "The invitation" : "Invite somebody"} dismissible={data === undefined} onClose={onClose}>
      {data ? (
        <InvitationLink tenant={tenant} made={data} onDone={onClose} />
      ) : (
        <InviteForm pending={isPending} error={error} onSubmit={start} />
      )}
    </Dialog>
  );
}

interface InviteFormProps {
  pending: boolean;
  error: Error | null;
  onSubmit: (wanted: Invite) => void;
}

function InviteForm({ pending, error, onSubmit }: InviteFormProps) {
  const [form, setForm] = useState<Invite>({ role: "viewer", email: "", days: 7 });
  const [checked, setChecked] = useState(false);
  const address = form.email?.trim() ?? "";
  const problem = findAddressProblem(address);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (problem === null) onSubmit({ ...form, email: address === "" ? null : address });
  };
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      <TextField
        label="E-mail address"
        type="email"
        autoFocus
        value={form.email ?? ""}
        problem={checked ? problem : null}
        hint="Only a login with this address can accept. Empty: whoever has the link."
        onChange={(event) => setForm({ ...form, email: event.target.value })}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label="Role"
          value={form.role}
          hint={ROLES.find(({ role }) => role === form.role)?.hint}
          onChange={({ target }) => setForm({ ...form, role: ROLES.find(({ role }) => role === target.value)?.role ?? "viewer" })}
        >
          {ROLES.map(({ role, label }) => (
            <option key={role} value={role}>
              {label}
            </option>
          ))}
        </SelectField>
        <SelectField label="The link works" value={form.days} onChange={({ target }) => setForm({ ...form, days: Number(target.value) })}>
          {DAYS.map((days) => (
            <option key={days} value={days}>
              {days === 1 ? "for a day" : `for ${days} days`}
            </option>
          ))}
        </SelectField>
      </div>
      {error ? <ErrorCard title="Nobody was invited" error={error} /> : null}
      <DialogActions>
        <Button type="submit" variant="solid" disabled={pending} aria-busy={pending}>
          {pending ? "Inviting…" : "Invite"}
        </Button>
      </DialogActions>
    </form>
  );
}

interface InvitationLinkProps {
  tenant: string;
  made: Body<"CreatedInvitation">;
  onDone: () => void;
}

function InvitationLink({ tenant, made, onDone }: InvitationLinkProps) {
  const byLogin = useWay() === "login";
  return (
    <ShownOnce
      warning="Copy the link now and send it. It is shown this once, and works once."
      secret={writeLink(window.location.origin, made.token)}
      what="link"
      end={
        <>
          It ends on <Moment iso={made.expires_at} />.
        </>
      }
      onDone={onDone}
    >
      {byLogin && made.email !== null ? <MailInvitation tenant={tenant} made={made} email={made.email} /> : null}
    </ShownOnce>
  );
}
