import { Bot, Boxes, Circle, MessageSquare, Wrench, type LucideIcon } from "lucide-react";

import type { Operation } from "./api";

interface OperationLook {
  Icon: LucideIcon;
  /** A CSS colour: the bar's and the icon's. */
  color: string;
}

const MODEL: OperationLook = { Icon: MessageSquare, color: "var(--span-model)" };
const AGENT: OperationLook = { Icon: Bot, color: "var(--span-agent)" };
const OTHER: OperationLook = { Icon: Circle, color: "var(--span-other)" };

/** The compiler asks for a look of every operation that the API's document lists. */
const LOOKS: Readonly<Record<Operation, OperationLook>> = {
  chat: MODEL,
  text_completion: MODEL,
  generate_content: MODEL,
  embeddings: { Icon: Boxes, color: "var(--span-embedding)" },
  image_generation: MODEL,
  video_generation: MODEL,
  transcription: MODEL,
  speech: MODEL,
  rerank: MODEL,
  moderation: MODEL,
  fetch_response: MODEL,
  execute_tool: { Icon: Wrench, color: "var(--span-tool)" },
  invoke_agent: AGENT,
  create_agent: AGENT,
  invoke_workflow: AGENT,
  plan: AGENT,
  retrieval: OTHER,
  guardrail: OTHER,
  evaluate: OTHER,
  search_memory: OTHER,
  create_memory: OTHER,
  update_memory: OTHER,
  upsert_memory: OTHER,
  delete_memory: OTHER,
  create_memory_store: OTHER,
  delete_memory_store: OTHER,
};

/** The operations that the API's document lists; a sender may name others. */
export const OPERATIONS = Object.keys(LOOKS) as readonly Operation[];

/** The icon and the colour of a span's operation. */
export function toLook(operation: string | null): OperationLook {
  return isKnown(operation) ? LOOKS[operation] : OTHER;
}

function isKnown(operation: string | null): operation is Operation {
  return operation !== null && Object.hasOwn(LOOKS, operation);
}
