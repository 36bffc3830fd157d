import { redirect } from "next/navigation";

export default async function Home({ searchParams }: PageProps<"/">) {
  const { tenant } = await searchParams;
  redirect(typeof tenant === "string" ? `/overview?${new URLSearchParams({ tenant })}` : "/overview");
}
