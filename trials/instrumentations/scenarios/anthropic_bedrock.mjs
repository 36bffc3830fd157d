// Anthropic's client for Amazon Bedrock.

import { AnthropicBedrock } from "@anthropic-ai/bedrock-sdk";
import { live, OPTIONS } from "./anthropic_calls.mjs";

const { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: baseURL, ANTHROPIC_API_KEY: apiKey } = process.env;
const client = new AnthropicBedrock({ ...OPTIONS, baseURL, apiKey, awsRegion: "us-east-1" });

await live(client, "us.anthropic.claude-haiku-4-5-20251001-v1:0");
