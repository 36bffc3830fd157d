// Anthropic's client for Google's Vertex AI.

import { AnthropicVertex } from "@anthropic-ai/vertex-sdk";
import { OAuth2Client } from "google-auth-library";
import { live, OPTIONS } from "./anthropic_calls.mjs";

const authClient = new OAuth2Client();
authClient.setCredentials({ access_token: process.env.ANTHROPIC_API_KEY });
const baseURL = `${process.env.ANTHROPIC_BASE_URL}/v1`;
const client = new AnthropicVertex({
  ...OPTIONS,
  baseURL,
  authClient,
  region: "global",
  projectId: "offline",
});

await live(client, "claude-haiku-4-5@20251001");
