/** A page that two keys open, one after the other. */
export interface PageKey {
  key: string;
  path: string;
}

/** What a key press asks for. */
export type Wish = { kind: "commands" } | { kind: "keys" } | { kind: "page"; path: string } | { kind: "first" };

interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** The first of two keys. */
const FIRST = "g";
/** How long the second one may take. */
export const SECOND_KEY_MS = 1_500;

/**
 * Reads a key press. Keys without Ctrl or ⌘ count only where `single` allows them: a person who
 * speaks to the browser, or whose hand hits a key by chance, can switch them off
 * (https://www.w3.org/WAI/WCAG22/Understanding/character-key-shortcuts.html).
 */
export function readWish(press: Press, pages: readonly PageKey[], state: { single: boolean; afterFirst: boolean }): Wish | null {
  if (press.key.toLowerCase() === "k" && (press.ctrlKey || press.metaKey) && !press.altKey) return { kind: "commands" };
  if (!state.single || press.ctrlKey || press.metaKey || press.altKey) return null;
  const page = state.afterFirst ? pages.find(({ key }) => key === press.key) : undefined;
  if (page) return { kind: "page", path: page.path };
  if (press.key === "?") return { kind: "keys" };
  return press.key === FIRST ? { kind: "first" } : null;
}

/** True where a key writes, or belongs to a part of the page that has keys of its own. */
export function takesKeys(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest("input, textarea, select, [contenteditable], dialog, [role=menu], [role=listbox], [role=dialog]") !== null
  );
}
