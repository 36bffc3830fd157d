import { Audit } from "@/features/audit/components/audit";

export const metadata = { title: "Audit" };

export default function AuditPage() {
  return <Audit />;
}
