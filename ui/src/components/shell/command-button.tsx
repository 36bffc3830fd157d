"use client";

import { Search } from "lucide-react";
import { useSyncExternalStore } from "react";

import { Button } from "@/components/ui/button";
import { cn } from "@/lib/class-names";

import { usePanel } from "./use-panel";

const never = () => () => undefined;
/** The server cannot know; the browser puts it right before anybody presses the key. */
const readShortcut = () => (/Mac|iPhone|iPad/.test(navigator.platform) ? "⌘ K" : "Ctrl K");

/** The visible way to the command menu; an icon where there is no room. */
export function CommandButton({ wide = false, className }: { wide?: boolean; className?: string }) {
  const { open } = usePanel();
  const shortcut = useSyncExternalStore(never, readShortcut, () => "Ctrl K");
  return (
    <Button
      variant={wide ? "outline" : "ghost"}
      size={wide ? "sm" : "icon"}
      aria-label="Command menu"
      aria-haspopup="dialog"
      aria-keyshortcuts="Control+K Meta+K"
      title={`Go to or run something: ${shortcut}`}
      onClick={() => open("commands")}
      className={cn(wide && "justify-start text-muted", className)}
    >
      <Search aria-hidden />
      {wide ? (
        <>
          Go to or run…
          <kbd aria-hidden className="ml-auto font-mono text-2xs">
            {shortcut}
          </kbd>
        </>
      ) : null}
    </Button>
  );
}
