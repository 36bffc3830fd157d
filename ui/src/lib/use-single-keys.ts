"use client";

import { useSyncExternalStore } from "react";

const STORAGE_KEY = "llm-observe.single-keys";
const OFF = "off";
const CHANGED = "llm-observe:single-keys";

function subscribe(onChange: () => void): () => void {
  for (const event of ["storage", CHANGED]) window.addEventListener(event, onChange);
  return () => {
    for (const event of ["storage", CHANGED]) window.removeEventListener(event, onChange);
  };
}

const read = () => localStorage.getItem(STORAGE_KEY) !== OFF;

function write(on: boolean): void {
  if (on) localStorage.removeItem(STORAGE_KEY);
  else localStorage.setItem(STORAGE_KEY, OFF);
  // The browser tells other tabs only.
  window.dispatchEvent(new Event(CHANGED));
}

/** Whether keys without Ctrl do something; of this browser, for all its people. */
export function useSingleKeys(): readonly [boolean, (on: boolean) => void] {
  return [useSyncExternalStore(subscribe, read, () => true), write];
}
