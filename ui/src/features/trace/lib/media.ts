import { formatCount } from "@/lib/format";

/** An image, a sound, a film or a file in a message, without its bytes. */
export interface Medium {
  kind: string;
  mime_type?: string;
  size?: number;
  digest?: string;
}

/** What the span's attributes say of the media of one side. */
export function readMedia(attributes: Record<string, unknown>, side: "Input" | "Output"): Medium[] {
  const told = attributes[side === "Input" ? "llm_observe.input.media" : "llm_observe.output.media"];
  return Array.isArray(told) ? told.filter(isMedium) : [];
}

/** One line for a medium, as in "image · image/png · 12.3 kB · h1:k1:…". */
export function describeMedium({ kind, mime_type: type, size, digest }: Medium): string {
  return [kind, type, size === undefined ? undefined : formatBytes(size), digest]
    .filter((part) => part !== undefined)
    .join(" · ");
}

/** A part of a message that is a medium, as our own server stores it; null for any other part. */
export function readPart(part: Record<string, unknown>): Medium | null {
  const { type, modality, mime_type: mime, size, digest, uri } = part;
  if (type !== "blob" && type !== "uri" && type !== "file") return null;
  return {
    kind: typeof modality === "string" ? modality : "file",
    ...(typeof mime === "string" ? { mime_type: mime } : {}),
    ...(typeof size === "number" ? { size } : {}),
    ...(typeof digest === "string" ? { digest } : typeof uri === "string" ? { digest: uri } : {}),
  };
}

function formatBytes(size: number): string {
  if (size < 1000) return `${formatCount(size)} B`;
  return size < 1_000_000 ? `${(size / 1000).toFixed(1)} kB` : `${(size / 1_000_000).toFixed(1)} MB`;
}

function isMedium(value: unknown): value is Medium {
  return typeof value === "object" && value !== null && "kind" in value && typeof value.kind === "string";
}
