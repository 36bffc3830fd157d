import { GeistMono } from "geist/font/mono";
import { GeistSans } from "geist/font/sans";
import type { Metadata } from "next";
import { headers } from "next/headers";
import type { ReactNode } from "react";

import { readAccess } from "@/lib/access";

import { Providers } from "./providers";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "llm-observe", template: "%s · llm-observe" },
  description: "Traces, tokens and cost of your LLM calls.",
};

/** Reading the nonce renders every page anew, which a page with a nonce needs. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  const nonce = (await headers()).get("x-nonce") ?? "";
  return (
    // next-themes sets the theme's class before hydration, which React would report otherwise.
    <html lang="en" className={`${GeistSans.variable} ${GeistMono.variable}`} suppressHydrationWarning>
      <body className="font-sans">
        <Providers nonce={nonce} way={readAccess(process.env).way}>
          {children}
        </Providers>
      </body>
    </html>
  );
}
