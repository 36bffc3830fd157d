import { spell } from "./foreign-text";

// An error stays long enough for its request id to be copied.
const DURATION_MS = { info: 6_000, error: 15_000 };

/** Shows a message in a corner of the page. The library for it is loaded with the first one. */
export async function notify(kind: "info" | "error", title: string, description: string): Promise<void> {
  const { toast } = await import("sonner");
  toast[kind](spell(title), { description: spell(description, "prose"), duration: DURATION_MS[kind] });
}
