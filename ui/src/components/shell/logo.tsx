/** A small waterfall: a call, and the calls inside it. */
export function Logo() {
  return (
    <span className="inline-flex items-center gap-2 font-semibold tracking-tight">
      <svg viewBox="0 0 20 20" className="size-5 text-accent" aria-hidden>
        <rect width="20" height="20" rx="5" fill="currentColor" />
        <g fill="var(--surface)">
          <rect x="4" y="5" width="12" height="2.5" rx="1.25" />
          <rect x="6.5" y="8.8" width="5.5" height="2.5" rx="1.25" opacity="0.8" />
          <rect x="10" y="12.6" width="6" height="2.5" rx="1.25" opacity="0.6" />
        </g>
      </svg>
      llm-observe
    </span>
  );
}
