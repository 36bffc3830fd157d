import { Logo } from "@/components/shell/logo";
import { Join } from "@/features/members/components/join";

export const metadata = { title: "Invitation" };

export default async function JoinPage({ searchParams }: PageProps<"/join">) {
  const { token } = await searchParams;
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center gap-6 p-6">
      <Logo />
      <Join token={typeof token === "string" ? token : ""} />
    </main>
  );
}
