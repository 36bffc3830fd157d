"use client";

import { X } from "lucide-react";
import { useEffect, useId, useRef, type ReactNode } from "react";

import { Button } from "./button";

interface DialogProps {
  title: string;
  onClose: () => void;
  /** False while leaving would lose something, as a key that is shown once. */
  dismissible?: boolean;
  children: ReactNode;
}

/** The browser's own modal dialog: it keeps the focus inside and gives it back. Mounted is open. */
export function Dialog({ title, onClose, dismissible = true, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onClose={onClose}
      onCancel={(event) => {
        if (!dismissible) event.preventDefault();
      }}
      className="m-auto w-[calc(100%-2rem)] max-w-lg rounded-lg border border-border-strong bg-raised p-0 text-foreground shadow-raised backdrop:bg-black/45"
    >
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
    </dialog>
  );
}

/** The buttons at a dialog's foot; the last one acts. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap justify-end gap-2">{children}</div>;
}
