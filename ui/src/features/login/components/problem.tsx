import { TriangleAlert } from "lucide-react";

export function Problem({ text }: { text: string | null | undefined }) {
  if (!text) return null;
  return (
    <p role="alert" className="mt-3 flex gap-2 rounded-md bg-danger-soft px-3 py-2 text-danger">
      <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
      {text}
    </p>
  );
}
