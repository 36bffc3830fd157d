// Spans of an application that calls no model, by OpenTelemetry's SDK for Node.

import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { drive } from "./driving.mjs";
import { flush } from "./providing.mjs";

const tracer = trace.getTracer("shop", "1.0");

const nested = () =>
  tracer.startActiveSpan("GET /orders", { kind: SpanKind.SERVER }, (server) => {
    const link = { context: server.spanContext(), attributes: { why: "the same order" } };
    const query = tracer.startSpan("SELECT orders", { kind: SpanKind.CLIENT, links: [link] });
    query.setAttributes({
      "db.system.name": "postgresql",
      "db.rows": 3,
      "db.cached": false,
      "db.cost": 0.5,
      "db.tables": ["orders", "items"],
    });
    query.addEvent("rows came", { rows: 3 });
    query.end();
    server.setStatus({ code: SpanStatusCode.OK });
    server.end();
  });

const failed = () => {
  const span = tracer.startSpan("charge", {}, context.active());
  span.recordException(new Error("no funds"));
  span.setStatus({ code: SpanStatusCode.ERROR, message: "no funds" });
  span.end();
};

await drive({ nested, failed }, flush);
