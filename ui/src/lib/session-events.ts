import { toLoginPath } from "./next-path";
import { forgetTenant } from "./use-tenant";

const CHANNEL = "llm-observe.session";

/** True once this page is on its way; what else it still asks for must not lead it elsewhere. */
let leaving = false;

/** Leaves for the log-in, which leads back to this page. The whole page goes, and its data with it. */
export function leaveForLogin(): void {
  leaveFor(`${window.location.pathname}${window.location.search}`);
}

/** Tells the other tabs that the session is over, and leaves as well. */
export function announceSignOut(): void {
  forgetTenant();
  leaveFor("");
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage("signed-out");
  channel.close();
}

/** Leaves as soon as another tab signs out. */
export function watchSignOut(): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", leaveForLogin);
  return () => channel.close();
}

function leaveFor(next: string): void {
  if (leaving) return;
  leaving = true;
  window.location.assign(toLoginPath(next));
}
