import { Mappings } from "@/features/mappings/components/mappings";

export const metadata = { title: "Mappings" };

export default function MappingsPage() {
  return <Mappings />;
}
