"use client";

import { cn } from "@/lib/class-names";

import { CopyButton } from "./copy-button";

interface CodeBlockProps {
  code: string;
  /** The code, for accessible names: "Copy command". */
  what: string;
  className?: string;
}

/** Code to copy, which scrolls inside its frame. */
export function CodeBlock({ code, what, className }: CodeBlockProps) {
  return (
    <div className={cn("flex min-w-0 items-start rounded-md border bg-background", className)}>
      <pre tabIndex={0} aria-label={what} role="group" className="min-w-0 flex-1 overflow-x-auto py-2.5 pl-3 font-mono text-xs leading-5">
        <code>{code}</code>
      </pre>
      <CopyButton text={code} what={what} className="m-1.5 shrink-0" />
    </div>
  );
}
