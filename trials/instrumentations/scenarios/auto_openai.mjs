// OpenAI's client under @opentelemetry/auto-instrumentations-node, which is required before it.

import { createRequire } from "node:module";
import { drive } from "./driving.mjs";
import { makeCalls } from "./openai_calls.mjs";

const require = createRequire(import.meta.url);
require("@opentelemetry/auto-instrumentations-node/register");
const { trace } = require("@opentelemetry/api");
const { OpenAI } = require("openai");

await drive(makeCalls(OpenAI, trace), () => trace.getTracerProvider().getDelegate().forceFlush());
