type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The API's address as applications get it, or null where none is set. A user, a password or a
 * query in it is the server's own affair and stays there.
 */
export function readEndpoint({ API_URL: address }: Environment): string | null {
  if (!address || !URL.canParse(address)) return null;
  const { protocol, host, pathname } = new URL(address);
  if (protocol !== "http:" && protocol !== "https:") return null;
  return `${protocol}//${host}${pathname}`.replace(/\/+$/, "");
}
