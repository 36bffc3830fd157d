import { redirect } from "next/navigation";

export default async function SettingsPage({ searchParams }: PageProps<"/settings">) {
  const { tenant } = await searchParams;
  redirect(typeof tenant === "string" ? `/settings/connect?${new URLSearchParams({ tenant })}` : "/settings/connect");
}
