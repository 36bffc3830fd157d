"use client";

import dynamic from "next/dynamic";

const SonnerToaster = dynamic(() => import("sonner").then(({ Toaster }) => Toaster), { ssr: false });

/** Where messages appear; loaded after the page itself. */
export function Toaster() {
  return (
    <SonnerToaster
      position="bottom-right"
      closeButton
      toastOptions={{
        style: {
          background: "var(--raised)",
          color: "var(--foreground)",
          borderColor: "var(--border-strong)",
          fontFamily: "var(--font-geist-sans)",
        },
        classNames: { description: "text-muted!" },
      }}
    />
  );
}
