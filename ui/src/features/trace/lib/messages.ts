import { describeMedium, readPart } from "./media";

/** One message of a prompt or an answer, as far as it can be shown as text. */
export interface Message {
  role: string;
  text: string;
}

/** Captured content as messages (OpenTelemetry's parts or OpenAI's content), or null if it is neither. */
export function toMessages(content: unknown): Message[] | null {
  if (typeof content === "string") return [{ role: "text", text: content }];
  if (!Array.isArray(content) || content.length === 0) return null;
  const messages = content.map(toMessage);
  return messages.every((message) => message !== null) ? messages : null;
}

function toMessage(item: unknown): Message | null {
  if (!isRecord(item) || typeof item.role !== "string") return null;
  const body = item.parts ?? item.content;
  if (typeof body === "string") return { role: item.role, text: body };
  if (!Array.isArray(body)) return null;
  return { role: item.role, text: body.map(toText).join("\n") };
}

function toText(part: unknown): string {
  if (typeof part === "string") return part;
  if (isRecord(part)) {
    const medium = readPart(part);
    if (medium !== null) return `[${describeMedium(medium)}]`;
    const text = part.content ?? part.text;
    if (typeof text === "string") return text;
  }
  return JSON.stringify(part, null, 2);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
