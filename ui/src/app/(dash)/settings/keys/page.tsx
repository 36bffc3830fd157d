import { Keys } from "@/features/keys/components/keys";

export const metadata = { title: "Keys" };

export default function KeysPage() {
  return <Keys />;
}
