import type { Capture } from "../api";

/** What becomes of prompts and answers that come in from now on, in one sentence. */
export function describeCapture({ content_capture: mode, deployment_captures: captures }: Capture): string {
  if (mode === "off") return "Nothing of them is stored: this tenant's switch is closed, whatever a sender captures.";
  const tokens = mode === "on" ? " Ingest tokens bring theirs in, too: the project's operator opened that." : "";
  if (captures) return `They are stored, redacted and cut. Both switches are open.${tokens}`;
  return `Of what comes in at /v1/traces nothing is stored: this deployment's switch is closed. An application that writes through the library has a switch of its own.${tokens}`;
}
