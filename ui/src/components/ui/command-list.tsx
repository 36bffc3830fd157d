"use client";

import { Search } from "lucide-react";
import { useId, useRef, useState, type ComponentProps, type KeyboardEvent } from "react";

import { findCommands, groupCommands, type Command } from "@/lib/commands";

import { Modal } from "./modal";

interface CommandListProps {
  /** Those to choose from, which may depend on what is typed. */
  listCommands: (text: string) => Command[];
  onClose: () => void;
}

/**
 * A text field over the list that it filters: the pattern "combobox with a listbox" of
 * https://www.w3.org/WAI/ARIA/apg/patterns/combobox/. The focus stays in the field.
 */
export function CommandList({ listCommands, onClose }: CommandListProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const choice = useChoice(listCommands, (command) => {
    // Closed first: that gives the focus back, and a command may move it on.
    dialog.current?.close();
    command.run();
  });
  const { listId, found, text } = choice;
  return (
    <Modal label="Command menu" onClose={onClose} dialog={dialog} className="mt-[12vh] mb-0 max-w-xl overflow-hidden">
      <div className="flex items-center gap-2 border-b px-3">
        <Search aria-hidden className="size-4 shrink-0 text-muted" />
        <input
          autoFocus
          role="combobox"
          aria-label="Command"
          aria-expanded={found.length > 0}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={choice.activeId}
          placeholder="Go to a page or tenant, run something"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => choice.type(event.target.value)}
          onKeyDown={choice.onKeyDown}
          className="h-11 min-w-0 flex-1 bg-transparent text-base outline-none placeholder:text-muted md:text-sm"
        />
      </div>
      <Options {...choice} />
      <p role="status" className={found.length === 0 ? "p-3 pt-2 text-muted" : "sr-only"}>
        {found.length === 0 ? "No command has these words." : `${found.length} commands`}
      </p>
    </Modal>
  );
}

/** What is typed, what that finds, and which of it Enter would run. */
function useChoice(listCommands: (text: string) => Command[], run: (command: Command) => void) {
  const listId = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const groups = groupCommands(findCommands(listCommands(text), text));
  const found = groups.flatMap(({ commands }) => commands);
  const toId = (index: number) => `${listId}-${index}`;
  const move = (step: number) => {
    const next = (at + step + found.length) % found.length;
    setAt(next);
    document.getElementById(toId(next))?.scrollIntoView({ block: "nearest" });
  };
  const type = (next: string) => {
    setText(next);
    setAt(0);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const [active] = found.slice(at);
    if (!["ArrowDown", "ArrowUp", "Enter"].includes(event.key) || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (!active) return;
    if (event.key === "Enter") run(active);
    else move(event.key === "ArrowDown" ? 1 : -1);
  };
  const activeId = at < found.length ? toId(at) : undefined;
  return { listId, text, type, groups, found, at, setAt, activeId, toId, onKeyDown, run };
}

function Options({ listId, groups, found, at, setAt, toId, run }: ReturnType<typeof useChoice>) {
  return (
    <div id={listId} role="listbox" aria-label="Commands" className="max-h-[50vh] overflow-y-auto p-1">
      {groups.map(({ name, commands }) => (
        <div key={name} role="group" aria-label={name}>
          <p aria-hidden className="px-2 pt-2 pb-1 text-2xs font-medium text-muted">
            {name}
          </p>
          {commands.map((command) => {
            const index = found.indexOf(command);
            return (
              <Option
                key={command.id}
                id={toId(index)}
                command={command}
                active={index === at}
                onPointerMove={() => setAt(index)}
                onClick={() => run(command)}
              />
            );
          })}
        </div>
      ))}
    </div>
  );
}

/** The field above has the focus and the keys. */
function Option({ command: { label, note }, active, ...props }: ComponentProps<"div"> & { command: Command; active: boolean }) {
  return (
    <div
      role="option"
      aria-selected={active}
      className="flex h-9 cursor-default items-center gap-2 rounded-md px-2 aria-selected:bg-selected md:h-8"
      {...props}
    >
      <span className="truncate">{label}</span>
      {note ? <span className="ml-auto shrink-0 text-xs text-muted">{note}</span> : null}
    </div>
  );
}
