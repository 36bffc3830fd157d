import { FirstTrace } from "@/features/demo/components/first-trace";
import { Traces } from "@/features/traces/components/traces";

export const metadata = { title: "Traces" };

export default function TracesPage() {
  return <Traces firstTrace={<FirstTrace />} />;
}
