/** Where whoever is invited comes in; the log-in leads back to it. */
export const JOIN_PATH = "/join";

export function writeLink(origin: string, token: string): string {
  return `${origin}${JOIN_PATH}?${new URLSearchParams({ token })}`;
}

/** What the API would refuse of an address; none given is whoever has the link. */
export function findAddressProblem(address: string): string | null {
  if (address === "" || /^[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,255}$/.test(address)) return null;
  return "That is no e-mail address, such as anna@example.com.";
}
