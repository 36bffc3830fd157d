import { Connect } from "@/features/connect/components/connect";
import { readEndpoint } from "@/features/connect/lib/endpoint";
import { SetupCard } from "@/features/setup/components/setup-card";

export const metadata = { title: "Connect" };

export default function ConnectPage() {
  return (
    <>
      <Connect endpoint={readEndpoint(process.env)} />
      <SetupCard />
    </>
  );
}
