import { Data } from "@/features/data/components/data";

export const metadata = { title: "Data" };

export default function DataPage() {
  return <Data />;
}
