import { Spans } from "@/features/spans/components/spans";

export const metadata = { title: "Spans" };

export default function SpansPage() {
  return <Spans />;
}
