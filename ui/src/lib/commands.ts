/** Something that a person can do from every page, found by a few letters of its name. */
export interface Command {
  id: string;
  /** The heading above it. */
  group: string;
  label: string;
  /** Words that it is found by as well. */
  also?: string;
  /** Said behind it: a role, or why it is not to be had. */
  note?: string | null;
  run: () => void;
}

export interface CommandGroup {
  name: string;
  commands: Command[];
}

/** More than anybody reads; a person may have very many tenants. */
const MOST_FOUND = 50;

/** The commands that have every typed word in them, in their own order; those that begin with the text first. */
export function findCommands(commands: readonly Command[], text: string): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commands.filter((command) => {
    const spoken = `${command.group} ${command.label} ${command.also ?? ""}`.toLowerCase();
    return words.every((word) => spoken.includes(word));
  });
  const begins = ({ label }: Command) => label.toLowerCase().startsWith(words.join(" "));
  return [...found.filter(begins), ...found.filter((command) => !begins(command))].slice(0, MOST_FOUND);
}

/** Under their headings, in the order in which each heading comes first. */
export function groupCommands(commands: readonly Command[]): CommandGroup[] {
  const groups = new Map<string, CommandGroup>();
  for (const command of commands) {
    const group = groups.get(command.group) ?? { name: command.group, commands: [] };
    groups.set(command.group, group);
    group.commands.push(command);
  }
  return [...groups.values()];
}

/** A trace's id, as somebody pastes it. */
export function readTraceId(text: string): string | null {
  const id = text.trim().toLowerCase();
  return /^[0-9a-f]{32}$/.test(id) ? id : null;
}
