import { refuse } from "../answers";
import { openAuth } from "./auth";
import { NO_SESSION } from "./credential";
import { CALLBACK } from "../next-path";
import { AUTH_UNREACHABLE, explainMail } from "./refusals";
import { answerNext, type LoginRequest } from "./request";
import { findSession } from "./sessions";

const TOKEN = /^loi_(?<id>[0-9a-z]{8})_[\w-]{43}[0-9A-Za-z]{6}$/;
const API_MS = 10_000;

const NO_INVITATION = {
  status: 404,
  code: "no_invitation",
  message: "There is no open invitation of yours for this address. Make another one.",
} as const;

/**
 * Has Auth mail an invitation's link. Only to the address of an open invitation that the caller may
 * see: a dashboard that mails whatever it is told would be a stranger's tool.
 */
export async function mailInvitation(login: LoginRequest): Promise<Response> {
  const session = await findSession(login.project, login.cookies, login.secure);
  if (session.state === "none") return refuse(NO_SESSION);
  if (session.state === "unknown") return refuse(AUTH_UNREACHABLE);
  const [token, email, tenant] = ["token", "email", "tenant"].map((name) => login.body.get(name) ?? "") as [string, string, string];
  const id = TOKEN.exec(token)?.groups?.id;
  if (!id || !(await isOpen(session.token, tenant, id, email))) return refuse(NO_INVITATION);
  const next = `/join?${new URLSearchParams({ token })}`;
  // Without the inviter's cookies, and with a store that is thrown away: the mail is another's log-in.
  const { auth } = openAuth(login.project, [], login.secure);
  const { error } = await auth.signInWithOtp({
    email,
    options: { emailRedirectTo: `${login.origin}${CALLBACK}?${new URLSearchParams({ next })}` },
  });
  return error ? refuse(explainMail(error)) : answerNext(login, null, session.changes);
}

interface Invitations {
  invitations: { invitation_id: string; email: string | null }[];
}

async function isOpen(accessToken: string, tenant: string, id: string, email: string): Promise<boolean> {
  const url = `${(process.env.API_URL ?? "").replace(/\/+$/, "")}/members`;
  try {
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${accessToken}`, "x-tenant-id": tenant },
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(API_MS),
    });
    if (!answer.ok) return false;
    const { invitations } = (await answer.json()) as Invitations;
    return invitations.some((each) => each.invitation_id === id && each.email === email.toLowerCase());
  } catch {
    return false;
  }
}
