"use client";

import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { ThemeProvider } from "next-themes";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { useState, type ReactNode } from "react";

import { Toaster } from "@/components/ui/toaster";
import type { Way } from "@/lib/access";
import { ApiError, NOT_LOGGED_IN } from "@/lib/api";
import { leaveForLogin } from "@/lib/session-events";
import { keepIfEqual } from "@/lib/sharing";
import { WayContext } from "@/lib/use-way";

/** Whatever finds the session over leads to the log-in, and nothing else tells of it. */
function leaveIfLoggedOut(error: Error): void {
  if (error instanceof ApiError && error.code === NOT_LOGGED_IN) leaveForLogin();
}

function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: leaveIfLoggedOut }),
    mutationCache: new MutationCache({ onError: leaveIfLoggedOut }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        structuralSharing: keepIfEqual,
        // A 4xx says what is wrong with the request; asking again would not change it.
        retry: (failures, error) =>
          failures < 1 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
        retryDelay: 400,
      },
    },
  });
}

interface ProvidersProps {
  /** Of this answer's scripts; next-themes writes one into the page. */
  nonce: string;
  way: Way;
  children: ReactNode;
}

export function Providers({ nonce, way, children }: ProvidersProps) {
  const [queryClient] = useState(createQueryClient);
  return (
    <ThemeProvider attribute="class" defaultTheme="system" enableSystem disableTransitionOnChange nonce={nonce}>
      <QueryClientProvider client={queryClient}>
        <WayContext value={way}>
          <NuqsAdapter>{children}</NuqsAdapter>
        </WayContext>
      </QueryClientProvider>
      <Toaster />
    </ThemeProvider>
  );
}
