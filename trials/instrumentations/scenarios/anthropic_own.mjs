// Anthropic's client for its own platform.

import Anthropic from "@anthropic-ai/sdk";
import { live, OPTIONS } from "./anthropic_calls.mjs";

await live(new Anthropic(OPTIONS));
