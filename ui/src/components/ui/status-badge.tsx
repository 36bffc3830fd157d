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
    <Badge title="No error was recorded; OpenTelemetry leaves the status unset then.">
      <CircleDashed aria-hidden /> Unset
    </Badge>
  );
}
