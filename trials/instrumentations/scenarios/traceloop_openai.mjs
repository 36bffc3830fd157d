// OpenAI's client under Traceloop's SDK for Node, which is initialized before it.

import { createRequire } from "node:module";
import { drive } from "./driving.mjs";
import { makeCalls } from "./openai_calls.mjs";

const require = createRequire(import.meta.url);
const traceloop = require("@traceloop/node-server-sdk");
traceloop.initialize({ silenceInitializationMessage: true });
const { trace } = require("@opentelemetry/api");
const { OpenAI } = require("openai");

await drive(makeCalls(OpenAI, trace), traceloop.forceFlush);
