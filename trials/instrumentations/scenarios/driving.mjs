// OpenTelemetry's SDK for Node, and the protocol of drive.py: a line on stdin names a scenario,
// a line on stdout answers `lived` once its spans have left, or `failed` with the reason.

import { createInterface } from "node:readline";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

// Node's own names for OpenTelemetry's two encodings over HTTP.
const encoding = process.env.OTEL_EXPORTER_OTLP_PROTOCOL === "http/json" ? "http" : "proto";
const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${encoding}`);
const provider = new NodeTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();

export async function drive(calls) {
  for await (const line of createInterface({ input: process.stdin })) {
    let answer = "lived";
    try {
      await calls[line.trim()]();
      // Spans of a stream end after its last part.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await provider.forceFlush();
    } catch (error) {
      console.error(error);
      answer = `failed ${error}`.split("\n")[0];
    }
    process.stdout.write(`${answer}\n`);
  }
}
