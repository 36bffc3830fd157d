import type { ReactNode } from "react";

import { Button } from "./button";
import { CodeBlock } from "./code-block";
import { DialogActions } from "./dialog";
import { Notice } from "./notice";

interface ShownOnceProps {
  /** Says to copy it now, and what becomes of it otherwise. */
  warning: string;
  secret: string;
  /** The name of the secret for the copy button, such as "key". */
  what: string;
  end: ReactNode;
  onDone: () => void;
  /** Another way to pass it on. */
  children?: ReactNode;
}

/** The one time that a secret can be read, in a dialog. */
export function ShownOnce({ warning, secret, what, end, onDone, children }: ShownOnceProps) {
  return (
    <>
      <Notice tone="warning" live>
        {warning}
      </Notice>
      <CodeBlock code={secret} what={what} />
      <p className="text-xs text-muted">{end}</p>
      {children}
      <DialogActions>
        <Button variant="solid" onClick={onDone}>
          I have copied it
        </Button>
      </DialogActions>
    </>
  );
}
