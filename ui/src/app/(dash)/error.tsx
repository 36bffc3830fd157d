"use client";

import { ErrorCard } from "@/components/ui/error-card";

interface ErrorPageProps {
  error: Error;
  reset: () => void;
}

export default function ErrorPage({ error, reset }: ErrorPageProps) {
  return <ErrorCard title="This page broke" error={error} onRetry={reset} className="m-6" />;
}
