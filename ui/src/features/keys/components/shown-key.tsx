"use client";

import { Moment } from "@/components/ui/moment";
import { ShownOnce } from "@/components/ui/shown-once";

import type { CreatedKey } from "../api";

interface ShownKeyProps {
  made: CreatedKey;
  onDone: () => void;
}

/** A key that was just made or rotated. */
export function ShownKey({ made: { key, expires_at: end }, onDone }: ShownKeyProps) {
  return (
    <ShownOnce
      warning="Copy the key now. It is shown this once and stored nowhere; if it is lost, rotate it."
      secret={key}
      what="key"
      end={
        end === null ? (
          "It does not expire."
        ) : (
          <>
            It expires on <Moment iso={end} />.
          </>
        )
      }
      onDone={onDone}
    />
  );
}
