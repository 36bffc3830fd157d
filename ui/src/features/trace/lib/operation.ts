import { Bot, Boxes, Circle, MessageSquare, Wrench, type LucideIcon } from "lucide-react";

import type { SpanDetail } from "@/lib/api";

interface OperationLook {
  Icon: LucideIcon;
  /** A CSS colour: the bar's and the icon's. */
  color: string;
}

const MODEL: OperationLook = { Icon: MessageSquare, color: "var(--span-model)" };
const AGENT: OperationLook = { Icon: Bot, color: "var(--span-agent)" };

const LOOKS: ReadonlyMap<string, OperationLook> = new Map([
  ["chat", MODEL],
  ["text_completion", MODEL],
  ["generate_content", MODEL],
  ["embeddings", { Icon: Boxes, color: "var(--span-embedding)" }],
  ["execute_tool", { Icon: Wrench, color: "var(--span-tool)" }],
  ["invoke_agent", AGENT],
  ["create_agent", AGENT],
  ["invoke_workflow", AGENT],
]);

const OTHER: OperationLook = { Icon: Circle, color: "var(--span-other)" };

/** The icon and the colour of a span's operation. */
export function toLook({ operation }: Pick<SpanDetail, "operation">): OperationLook {
  return (operation && LOOKS.get(operation)) || OTHER;
}
