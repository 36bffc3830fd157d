import { isAuthError } from "@supabase/supabase-js";

import type { Refusal } from "../door";
import { isRefusal } from "./auth";

export const AUTH_UNREACHABLE: Refusal = {
  status: 503,
  code: "auth_unreachable",
  message: "The log-in service can't be reached. Try again in a moment.",
};

const refusal = (status: Refusal["status"], code: string, message: string): Refusal => ({ status, code, message });

const LINK_SPENT = refusal(400, "link_spent", "This link has expired or was used before. Ask for a new one.");
const TOO_OFTEN = refusal(429, "too_often", "That was too often. Wait a minute, then try again.");
export const OTHERS_STAY = refusal(
  503,
  "others_stay",
  "Your password is set, but other browsers are still logged in. Sign out everywhere in a moment.",
);
export const NO_PASSWORD = refusal(400, "no_password", "Send the new password as password, a text that is not empty.");
export const UNFINISHED = refusal(400, "login_unfinished", "The log-in did not come to its end. Try again, in one browser.");
const LOGIN_TOO_OLD = refusal(403, "login_too_old", "You logged in too long ago for that. Sign out, log in again, and set it then.");
const NOT_ALLOWED = refusal(403, "login_not_allowed", "This account may not log in here. Ask whoever runs this dashboard.");

/**
 * What Supabase Auth's codes mean to the person in front:
 * https://supabase.com/docs/guides/auth/debugging/error-codes.
 */
const BY_CODE: ReadonlyMap<string, Refusal> = new Map([
  ["invalid_credentials", refusal(400, "wrong_password", "E-mail address or password is wrong.")],
  ["email_not_confirmed", refusal(400, "not_confirmed", "This e-mail address is not confirmed. Log in by a link instead.")],
  ["email_address_invalid", refusal(400, "no_address", "This is no e-mail address that takes mail.")],
  ["validation_failed", refusal(400, "no_address", "This is no e-mail address that takes mail.")],
  ["weak_password", refusal(400, "weak_password", "Supabase Auth finds this password too weak. Take a longer one.")],
  ["same_password", refusal(400, "same_password", "This is your password already. Choose another one.")],
  ["reauthentication_needed", LOGIN_TOO_OLD],
  ["reauthentication_not_valid", LOGIN_TOO_OLD],
  ["provider_disabled", refusal(400, "provider_off", "This way to log in is switched off.")],
  ["email_provider_disabled", refusal(400, "provider_off", "This way to log in is switched off.")],
  ["otp_expired", LINK_SPENT],
  ["otp_disabled", NOT_ALLOWED],
  ["signup_disabled", NOT_ALLOWED],
  ["user_banned", NOT_ALLOWED],
  ["access_denied", UNFINISHED],
  ["bad_code_verifier", UNFINISHED],
  ["bad_oauth_callback", UNFINISHED],
  ["bad_oauth_state", UNFINISHED],
  ["flow_state_expired", UNFINISHED],
  ["flow_state_not_found", UNFINISHED],
  ["over_email_send_rate_limit", TOO_OFTEN],
  ["over_request_rate_limit", TOO_OFTEN],
]);

/** Every way to fail by its own code, which the log-in page gets in its address. */
const BY_OWN_CODE: ReadonlyMap<string, Refusal> = new Map(
  [...BY_CODE.values(), AUTH_UNREACHABLE].map((each) => [each.code, each]),
);

export function explainAuth(error: unknown): Refusal {
  if (!isAuthError(error)) return AUTH_UNREACHABLE;
  if (error.status === 429) return TOO_OFTEN;
  return explainCode(error.code) ?? (isRefusal(error) || error.status === undefined ? UNFINISHED : AUTH_UNREACHABLE);
}

const TOO_LONG = refusal(400, "password_too_long", "Supabase Auth takes no password of more than 72 bytes. Take a shorter one.");

/** The same for a new password: the only value of such a request is no address. */
export function explainPassword(error: unknown): Refusal {
  return isAuthError(error) && error.code === "validation_failed" ? TOO_LONG : explainAuth(error);
}

/** A code of Auth's, which it also writes into the address that a spent link leads to. */
export function explainCode(code: string | null | undefined): Refusal | undefined {
  return code ? BY_CODE.get(code) : undefined;
}

/** The sentence to a code of ours in a page's address; nothing for whatever else stands there. */
export function explainOwnCode(code: string): string | undefined {
  return BY_OWN_CODE.get(code)?.message;
}

/** True where an answer would tell a stranger which addresses have an account. */
export function tellsOfAccounts(error: unknown): boolean {
  return isAuthError(error) && ["otp_disabled", "signup_disabled", "user_not_found"].includes(error.code ?? "");
}

const MAIL_REFUSED = refusal(403, "mail_refused", "Supabase Auth lets nobody new in here, so it wrote no mail. Copy the link and send it yourself.");
const MAIL_TOO_OFTEN = refusal(429, "mail_too_often", "Supabase Auth sends no more mails for now. Copy the link and send it yourself, or try again in a minute.");

/** The same for the mail of an invitation, whose reader has the link to fall back on. */
export function explainMail(error: unknown): Refusal {
  if (isAuthError(error) && error.status === 429) return MAIL_TOO_OFTEN;
  if (tellsOfAccounts(error)) return MAIL_REFUSED;
  const { status, code, message } = explainAuth(error);
  return { status, code, message: `${message} Or copy the link and send it yourself.` };
}
