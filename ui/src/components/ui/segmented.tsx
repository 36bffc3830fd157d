import { cn } from "@/lib/class-names";

interface SegmentedProps<T extends string> {
  label: string;
  /** Null where none is chosen. */
  value: T | null;
  options: readonly { value: T; label: string; title: string }[];
  onChange: (value: T) => void;
}

/** One of a few, all in sight. */
export function Segmented<T extends string>({ label, value, options, onChange }: SegmentedProps<T>) {
  return (
    <div
      data-slot="segmented"
      role="group"
      aria-label={label}
      className="inline-flex h-7 rounded-md border border-border-strong bg-surface p-0.5 shadow-card"
    >
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          title={option.title}
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className={cn(
            "rounded px-2 text-xs font-medium whitespace-nowrap text-muted tabular-nums transition-colors hover:text-foreground",
            option.value === value && "bg-hover text-foreground",
          )}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
