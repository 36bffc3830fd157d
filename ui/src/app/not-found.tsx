import Link from "next/link";

export const metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <div className="text-center">
        <h1 className="text-lg font-medium">There is no such page</h1>
        <p className="mt-1 text-muted">The dashboard has an overview and a list of traces.</p>
        <Link href="/overview" className="mt-4 inline-block text-accent underline underline-offset-4">
          Go to the overview
        </Link>
      </div>
    </main>
  );
}
