"use client";

import { Lock } from "lucide-react";

import { ApiError } from "@/lib/api";

import { Card } from "./card";
import { EmptyState } from "./empty-state";
import { ErrorCard } from "./error-card";

interface FailureProps {
  title: string;
  error: Error;
  onRetry: () => void;
}

/** Instead of a page's content: what broke, or, where the caller may not see it, which role may. */
export function Failure({ title, error, onRetry }: FailureProps) {
  if (error instanceof ApiError && error.status === 403) return <NotAllowed />;
  return <ErrorCard title={title} error={error} onRetry={onRetry} />;
}

/** For whoever follows a link to what the own role does not open. */
export function NotAllowed() {
  return (
    <Card aria-label="Not allowed">
      <EmptyState icon={<Lock aria-hidden />} title="This page is for admins and owners">
        <p>
          Your role in this tenant does not open it. Ask one of its owners to make you an admin, or choose another tenant.
        </p>
      </EmptyState>
    </Card>
  );
}
