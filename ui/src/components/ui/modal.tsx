"use client";

import { useEffect, useRef, type ReactNode, type RefObject } from "react";

import { cn } from "@/lib/class-names";

interface ModalProps {
  /** The id of the element that names it, or its name. */
  labelledBy?: string;
  label?: string;
  onClose: () => void;
  /** False while leaving would lose something, as a key that is shown once. */
  dismissible?: boolean;
  /** Closes it from within. */
  dialog?: RefObject<HTMLDialogElement | null>;
  className?: string;
  children: ReactNode;
}

/** The browser's own modal dialog: it keeps the focus inside and gives it back. Mounted is open. */
export function Modal({ labelledBy, label, onClose, dismissible = true, dialog, className, children }: ModalProps) {
  const own = useRef<HTMLDialogElement>(null);
  const element = dialog ?? own;
  useEffect(() => {
    if (element.current && !element.current.open) element.current.showModal();
  }, [element]);
  return (
    <dialog
      ref={element}
      aria-labelledby={labelledBy}
      aria-label={label}
      onClose={onClose}
      onCancel={(event) => {
        if (!dismissible) event.preventDefault();
      }}
      className={cn(
        "m-auto w-[calc(100%-2rem)] max-w-lg rounded-lg border border-border-strong bg-raised p-0 text-foreground shadow-raised backdrop:bg-black/45",
        className,
      )}
    >
      {children}
    </dialog>
  );
}
