"use client";

import { X } from "lucide-react";
import { useId, useRef, type ReactNode } from "react";

import { Button } from "./button";
import { Modal } from "./modal";

interface DialogProps {
  title: string;
  onClose: () => void;
  /** False while leaving would lose something, as a key that is shown once. */
  dismissible?: boolean;
  children: ReactNode;
}

/** A modal dialog with a title, and a way out where there is one. Mounted is open. */
export function Dialog({ title, onClose, dismissible = true, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  return (
    <Modal labelledBy={titleId} onClose={onClose} dismissible={dismissible} dialog={dialog}>
      <div className="flex items-center gap-2 border-b py-2 pr-2 pl-4">
        <h2 id={titleId} className="font-medium">
          {title}
        </h2>
        {dismissible ? (
          <Button
            variant="ghost"
            size="icon"
            aria-label="Close"
            className="ml-auto"
            onClick={() => dialog.current?.close()}
          >
            <X aria-hidden />
          </Button>
        ) : null}
      </div>
      <div className="flex flex-col gap-4 p-4">{children}</div>
    </Modal>
  );
}

/** The buttons at a dialog's foot; the last one acts. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap justify-end gap-2">{children}</div>;
}
