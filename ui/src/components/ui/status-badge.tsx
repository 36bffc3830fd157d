import { CircleCheck, CircleDashed, CircleX } from "lucide-react";

import type { Status } from "@/lib/api";

import { Badge } from "./badge";

/** OpenTelemetry leaves the status of a span that went well unset. */
export function StatusBadge({ status }: { status: Status }) {
  if (status === "error") {
    return (
      <Badge tone="danger">
        <CircleX aria-hidden /> Error
      </Badge>
    );
  }
  if (status === "ok") {
    return (
      <Badge tone="success">
        <CircleCheck aria-hidden /> OK
      </Badge>
    );
  }
  return (
    <Badge
      className="bg-transparent px-0"
      title="It ended without an error: what OpenTelemetry calls unset."
    >
      <CircleDashed aria-hidden /> No error
    </Badge>
  );
}
