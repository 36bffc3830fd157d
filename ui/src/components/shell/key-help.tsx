"use client";

import { Fragment } from "react";

import { Dialog } from "@/components/ui/dialog";
import { useRights } from "@/lib/use-me";
import { useSingleKeys } from "@/lib/use-single-keys";

import { listPages } from "./pages";

type Row = readonly [keys: readonly string[], what: string];

const IN_A_TREE: readonly Row[] = [
  [["↑", "↓"], "the span before or after; k and j too"],
  [["←", "→"], "close or open what is below it"],
  [["Home", "End"], "the first or last span"],
  [["e"], "the next error"],
];

/** The keys that do something, and the switch for those that a finger may hit by chance. */
export default function KeyHelp({ onClose }: { onClose: () => void }) {
  const { manage } = useRights();
  const [single, setSingle] = useSingleKeys();
  const everywhere: Row[] = [
    [["Ctrl", "K"], "the command menu; ⌘ K on a Mac"],
    [["?"], "this list"],
    ...listPages(manage).map(({ key, label }) => [["g", key], label] as const),
  ];
  return (
    <Dialog title="Keys" onClose={onClose}>
      <Keys name="On every page" rows={everywhere} />
      <Keys name="In a trace's tree" rows={IN_A_TREE} />
      <label className="flex items-start gap-2 border-t pt-3">
        <input type="checkbox" checked={single} onChange={(event) => setSingle(event.target.checked)} className="mt-0.5 size-4 accent-accent" />
        <span>
          Keys without Ctrl work on every page
          <span className="block text-xs text-muted">Off, g and ? are ordinary keys. This browser keeps it.</span>
        </span>
      </label>
    </Dialog>
  );
}

function Keys({ name, rows }: { name: string; rows: readonly Row[] }) {
  return (
    <section aria-label={name}>
      <h3 className="mb-1.5 text-xs font-medium text-muted">{name}</h3>
      <dl className="grid grid-cols-[7rem_minmax(0,1fr)] gap-x-3 gap-y-1.5">
        {rows.map(([keys, what]) => (
          <Fragment key={what}>
            <dt className="flex items-center gap-1">
              {keys.map((key) => (
                <kbd key={key} className="min-w-5 rounded border border-border-strong bg-surface px-1 text-center font-mono text-2xs leading-5">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </Fragment>
        ))}
      </dl>
    </section>
  );
}
