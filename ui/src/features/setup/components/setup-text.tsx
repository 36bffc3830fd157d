import { Fragment } from "react";

import { ForeignText } from "@/components/ui/foreign-text";

/** Prose of the API, in which commands and names stand between backticks. */
export function SetupText({ text }: { text: string }) {
  return text.split("`").map((part, index) =>
    index % 2 === 1 ? (
      <code key={index} className="rounded bg-hover px-1 font-mono text-[0.9em] break-words">
        {part}
      </code>
    ) : (
      <Fragment key={index}>{part === "" ? null : <ForeignText text={part} form="prose" />}</Fragment>
    ),
  );
}
