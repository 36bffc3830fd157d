import type { Metadata } from "next";

import { TraceView } from "@/features/trace/components/trace-view";
import { spell } from "@/lib/foreign-text";

type Props = PageProps<"/traces/[traceId]">;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { traceId } = await params;
  return { title: `Trace ${spell(traceId.slice(0, 8))}` };
}

export default async function TracePage({ params }: Props) {
  const { traceId } = await params;
  return <TraceView traceId={traceId} />;
}
