"use client";

import { RotateCw, TriangleAlert } from "lucide-react";

import { ApiError } from "@/lib/api";
import { cn } from "@/lib/class-names";
import { explain } from "@/lib/problems";

import { Button } from "./button";
import { CopyButton } from "./copy-button";
import { ForeignText } from "./foreign-text";

interface ErrorCardProps {
  title: string;
  error: Error;
  /** Left out where asking again is the form's own button. */
  onRetry?: () => void;
  className?: string;
}

/** An error: its cause, the id that finds it in the API's logs, and the way on. */
export function ErrorCard({ title, error, onRetry, className }: ErrorCardProps) {
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <div
      role="alert"
      className={cn("flex items-start gap-3 rounded-lg border border-danger/35 bg-surface p-4", className)}
    >
      <span className="grid size-8 shrink-0 place-items-center rounded-md bg-danger-soft text-danger">
        <TriangleAlert className="size-4" aria-hidden />
      </span>
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        <p className="text-muted">
          <ForeignText text={explain(error.message)} form="prose" />
        </p>
        {requestId ? (
          <p className="mt-1 flex items-center gap-1 text-xs text-muted">
            Request id{" "}
            <code className="truncate font-mono">
              <ForeignText text={requestId} />
            </code>
            <CopyButton text={requestId} what="request id" />
          </p>
        ) : null}
      </div>
      {onRetry ? (
        <Button onClick={onRetry}>
          <RotateCw aria-hidden /> Retry
        </Button>
      ) : null}
    </div>
  );
}
