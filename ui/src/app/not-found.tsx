import { Logo } from "@/components/shell/logo";

export const metadata = { title: "Not found" };

/** The same for a tenant of others as for none, as the API answers. */
export default function NotFound() {
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <div className="flex max-w-md flex-col items-center text-center">
        <Logo />
        <h1 className="mt-6 text-lg font-medium">There is no such page</h1>
        <p className="mt-1 text-muted">The address is wrong, or it belongs to a tenant that you are no member of.</p>
        {/* A whole load: nothing of the page that is not there stays. */}
        <a href="/overview" className="mt-4 text-accent underline underline-offset-4">
          Go to your overview
        </a>
      </div>
    </main>
  );
}
