import { Tenants } from "@/features/tenants/components/tenants";

export const metadata = { title: "All tenants" };

export default function TenantsPage() {
  return <Tenants />;
}
