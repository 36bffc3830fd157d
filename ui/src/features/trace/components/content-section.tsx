import { Lock, Paperclip } from "lucide-react";

import { CopyButton } from "@/components/ui/copy-button";
import { ForeignText } from "@/components/ui/foreign-text";
import type { Body } from "@/lib/api";
import { spell } from "@/lib/foreign-text";
import { formatQuantity } from "@/lib/format";

import { describeMedium, readMedia, type Medium } from "../lib/media";
import { toMessages } from "../lib/messages";
import { Section } from "./panel-parts";

interface Side {
  title: "Input" | "Output";
  content: unknown;
  digest: string | null;
  length: number | null;
  media: Medium[];
}

/** Input and output: the content where it is captured, else its digest and length. */
export function ContentSection({ span }: { span: Body<"SpanDetail"> }) {
  const told: Omit<Side, "media">[] = [
    { title: "Input", content: span.input, digest: span.input_digest, length: span.input_length },
    { title: "Output", content: span.output, digest: span.output_digest, length: span.output_length },
  ];
  const sides: Side[] = told.map((side) => ({ ...side, media: readMedia(span.attributes, side.title) }));
  const recorded = sides.filter(({ content, digest, length }) => content ?? digest ?? length);
  const hidden = recorded.some(({ content }) => content == null);
  return (
    <>
      {recorded.map((side) => (
        <Section key={side.title} title={side.title}>
          {side.content == null ? <Digest {...side} /> : <Content {...side} />}
          <Media media={side.media} />
        </Section>
      ))}
      {hidden ? <OptIn /> : null}
    </>
  );
}

function Content({ title, content }: Side) {
  const messages = toMessages(content);
  if (messages === null) {
    return (
      <Text label={title}>
        {JSON.stringify(content, null, 2)}
      </Text>
    );
  }
  return (
    <ol className="flex flex-col gap-2">
      {messages.map((message, index) => (
        <li key={index}>
          <p className="mb-0.5 text-2xs text-muted">
            <ForeignText text={message.role} />
          </p>
          <Text label={`${title}, ${spell(message.role)}`}>{message.text}</Text>
        </li>
      ))}
    </ol>
  );
}

function Text({ label, children }: { label: string; children: string }) {
  return (
    <pre
      tabIndex={0}
      role="region"
      aria-label={label}
      className="max-h-72 overflow-auto rounded-md border bg-background px-2.5 py-2 font-mono text-xs whitespace-pre-wrap wrap-anywhere"
    >
      <ForeignText text={children} form="prose" />
    </pre>
  );
}

function Digest({ digest, length }: Side) {
  return (
    <div className="rounded-md border border-dashed border-border-strong px-2.5 py-2 text-xs text-muted">
      <p className="flex items-center gap-1.5">
        <Lock aria-hidden className="size-3" />
        Not captured
        {length === null ? null : <span className="tabular-nums">· {formatQuantity(length, "character")}</span>}
      </p>
      {digest ? (
        <p className="mt-1 flex items-center gap-1">
          <code className="truncate font-mono text-2xs" title={spell(digest)}>
            <ForeignText text={digest} />
          </code>
          <CopyButton text={digest} what="digest" className="-my-1" />
        </p>
      ) : null}
    </div>
  );
}

function Media({ media }: { media: Medium[] }) {
  if (media.length === 0) return null;
  return (
    <ul aria-label="Media" className="mt-2 flex flex-col gap-1 text-2xs text-muted">
      {media.map((medium, index) => (
        <li key={index} className="flex items-center gap-1.5 wrap-anywhere">
          <Paperclip aria-hidden className="size-3 shrink-0" />
          <ForeignText text={describeMedium(medium)} />
        </li>
      ))}
    </ul>
  );
}

function OptIn() {
  return (
    <p className="border-b px-4 py-3 text-xs text-muted">
      Equal content has an equal digest within a tenant. To store the beginning of the text itself, set{" "}
      <code className="font-mono">ALLOW_CONTENT_CAPTURE=true</code> where the calls are made; it applies from
      then on.
    </p>
  );
}
