import { isAuthSessionMissingError, type EmailOtpType } from "@supabase/supabase-js";

import { refuse } from "../answers";
import type { Refusal } from "../door";
import { CALLBACK, toNextPath } from "../next-path";
import { openAuth } from "./auth";
import { dropCookies } from "./cookies";
import { NO_SESSION } from "./credential";
import { mailInvitation } from "./invitation";
import { AUTH_UNREACHABLE, explainAuth, explainCode, explainPassword, NO_PASSWORD, OTHERS_STAY, tellsOfAccounts, UNFINISHED } from "./refusals";
import { answerNext, leadTo, type LoginRequest } from "./request";
import { forgetSession } from "./sessions";

export type Step = (login: LoginRequest) => Promise<Response>;

const SCOPES = ["local", "global", "others"] as const;
const LINK_TYPES: readonly EmailOtpType[] = ["email", "magiclink", "signup", "invite", "recovery", "email_change"];

const open = ({ project, cookies, secure }: LoginRequest) => openAuth(project, cookies, secure);
const readNext = ({ body }: LoginRequest) => toNextPath(body.get("next"));

/** Where Auth leads a browser back to; the code in it works in that browser only. */
function toCallback({ origin }: LoginRequest, next: string): string {
  return `${origin}${CALLBACK}?${new URLSearchParams({ next })}`;
}

async function logInByPassword(login: LoginRequest): Promise<Response> {
  const { auth, listChanges } = open(login);
  const email = login.body.get("email") ?? "";
  const { error } = await auth.signInWithPassword({ email, password: login.body.get("password") ?? "" });
  return error ? refuse(explainAuth(error)) : answerNext(login, readNext(login), listChanges());
}

async function sendLink(login: LoginRequest): Promise<Response> {
  const { auth, listChanges } = open(login);
  const { error } = await auth.signInWithOtp({
    email: login.body.get("email") ?? "",
    options: { emailRedirectTo: toCallback(login, readNext(login)) },
  });
  if (error && !tellsOfAccounts(error)) return refuse(explainAuth(error));
  return answerNext(login, null, listChanges());
}

/** A link to the page where a new password is set; an unknown address is answered the same way. */
async function sendRecovery(login: LoginRequest): Promise<Response> {
  const { auth, listChanges } = open(login);
  const redirectTo = toCallback(login, "/account");
  const { error } = await auth.resetPasswordForEmail(login.body.get("email") ?? "", { redirectTo });
  if (error && !tellsOfAccounts(error)) return refuse(explainAuth(error));
  return answerNext(login, null, listChanges());
}

async function setPassword(login: LoginRequest): Promise<Response> {
  const { auth, listChanges } = open(login);
  const password = login.body.get("password");
  // Auth takes an empty one for none, and says that all is well.
  if (!password) return refuse(NO_PASSWORD);
  const { error } = await auth.updateUser({ password });
  if (isAuthSessionMissingError(error)) return refuse(NO_SESSION);
  if (error) return refuse(explainPassword(error));
  // Whoever had the old one may be logged in by it.
  const { error: stay } = await auth.signOut({ scope: "others" });
  return stay ? refuse(OTHERS_STAY) : answerNext(login, null, listChanges());
}

async function beginOAuth(login: LoginRequest): Promise<Response> {
  const { auth, listChanges } = open(login);
  const provider = login.body.get("provider") ?? "";
  if (!/^[a-z][a-z0-9_]{1,30}$/.test(provider)) return refuse(explainCode("provider_disabled") ?? UNFINISHED);
  const { data, error } = await auth.signInWithOAuth({
    provider: provider as "github",
    options: { redirectTo: toCallback(login, readNext(login)), skipBrowserRedirect: true },
  });
  return error ? refuse(explainAuth(error)) : answerNext(login, data.url, listChanges());
}

/** A mail's link that carries the token itself opens a page, which asks for a click and posts here. */
async function confirmLink(login: LoginRequest): Promise<Response> {
  const { auth, listChanges } = open(login);
  const type = LINK_TYPES.find((each) => each === login.body.get("type")) ?? "email";
  const { error } = await auth.verifyOtp({ token_hash: login.body.get("token_hash") ?? "", type });
  return error ? refuse(explainAuth(error)) : answerNext(login, readNext(login), listChanges());
}

/** The end of a link or of OAuth: its code and this browser's own secret make the session. */
async function finish(login: LoginRequest): Promise<Response> {
  const { searchParams } = login.url;
  const next = toNextPath(searchParams.get("next"));
  const lead = (refusal: Refusal) => leadTo(`/login?${new URLSearchParams({ problem: refusal.code, next })}`, login, []);
  const code = searchParams.get("code");
  if (!code) return lead(explainCode(searchParams.get("error_code") ?? searchParams.get("error")) ?? UNFINISHED);
  const { auth, listChanges } = open(login);
  const { error } = await auth.exchangeCodeForSession(code);
  return error ? lead(explainAuth(error)) : leadTo(next, login, listChanges());
}

async function signOut(login: LoginRequest): Promise<Response> {
  const scope = SCOPES.find((each) => each === login.body.get("scope")) ?? "local";
  const { error } = await open(login).auth.signOut({ scope });
  // Of this browser the session is gone in any case; of others only Auth can say so.
  if (error && scope !== "local") return refuse(AUTH_UNREACHABLE);
  forgetSession(login.cookies);
  return answerNext(login, "/login", scope === "others" ? [] : dropCookies(login.cookies));
}

export const POSTED: ReadonlyMap<string, Step> = new Map([
  ["password", logInByPassword],
  ["link", sendLink],
  ["recovery", sendRecovery],
  ["oauth", beginOAuth],
  ["confirm", confirmLink],
  ["new-password", setPassword],
  ["invite", mailInvitation],
  ["sign-out", signOut],
]);
export const LINKED: ReadonlyMap<string, Step> = new Map([["callback", finish]]);
