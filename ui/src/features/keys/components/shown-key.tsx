"use client";

import { Button } from "@/components/ui/button";
import { CodeBlock } from "@/components/ui/code-block";
import { DialogActions } from "@/components/ui/dialog";
import { Moment } from "@/components/ui/moment";
import { Notice } from "@/components/ui/notice";

import type { CreatedKey } from "../api";

interface ShownKeyProps {
  made: CreatedKey;
  onDone: () => void;
}

/** The one time that a key can be read. */
export function ShownKey({ made, onDone }: ShownKeyProps) {
  return (
    <>
      <Notice tone="warning" live>
        Copy the key now. It is shown this once and stored nowhere; if it is lost, rotate it.
      </Notice>
      <CodeBlock code={made.key} what="key" />
      <p className="text-xs text-muted">
        {made.expires_at === null ? (
          "It does not expire."
        ) : (
          <>
            It expires on <Moment iso={made.expires_at} />.
          </>
        )}
      </p>
      <DialogActions>
        <Button variant="solid" onClick={onDone}>
          I have copied it
        </Button>
      </DialogActions>
    </>
  );
}
