const HOME = "/overview";
/** An origin that is nobody's, to see whether a path leaves it. */
const NOWHERE = "http://own.invalid";
/** Where a log-in does not lead: back to itself, or to what is no page. */
const NO_PAGE = /^\/(login|auth|api|_next)(\/|$)/;

/** Where Auth leads a browser back to after a link or a provider. */
export const CALLBACK = "/api/auth/callback";

/** The page to go to after a log-in: a path of ours, or the first page. */
export function toNextPath(wanted: string | null | undefined): string {
  // Browsers take a backslash for a slash, and leave out tabs and line ends.
  if (!wanted || !wanted.startsWith("/") || /[\\\u0000-\u0020\u007f]/.test(wanted)) return HOME;
  if (!URL.canParse(wanted, NOWHERE)) return HOME;
  const url = new URL(wanted, NOWHERE);
  if (url.origin !== NOWHERE || url.pathname.startsWith("//")) return HOME;
  // No page of ours has these in its path, and something on the way might decode them.
  if (/%(2f|5c|0[0-9a-f])/i.test(url.pathname)) return HOME;
  if (url.pathname === "/" || NO_PAGE.test(url.pathname)) return HOME;
  return `${url.pathname}${url.search}${url.hash}`;
}

/** The address of the log-in that leads back to a page. */
export function toLoginPath(page: string): string {
  const next = toNextPath(page);
  return next === HOME ? "/login" : `/login?${new URLSearchParams({ next })}`;
}

/**
 * The page that a mail's template names by `{{ .RedirectTo }}`: a whole address of this dashboard,
 * which is mostly that of the callback, with the page in it.
 */
export function toLinkedPath(wanted: string | undefined, origin: string): string {
  if (!wanted?.startsWith(`${origin}/`)) return toNextPath(wanted);
  const path = wanted.slice(origin.length);
  if (!path.startsWith(`${CALLBACK}?`)) return toNextPath(path);
  return toNextPath(new URLSearchParams(path.slice(CALLBACK.length)).get("next"));
}
