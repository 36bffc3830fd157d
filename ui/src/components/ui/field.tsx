"use client";

import { useId, type ComponentProps, type ReactNode } from "react";

import { cn } from "@/lib/class-names";

const CONTROL =
  "w-full rounded-md border border-border-strong bg-surface px-2 text-xs placeholder:text-muted aria-invalid:border-danger disabled:opacity-60";

interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** Why the value is not taken; read out with the control. */
  problem?: string | null;
}

interface FrameProps extends FieldProps {
  id: string;
  className?: string | undefined;
  children: ReactNode;
}

/** A label above its control, and below it a hint or what is wrong. */
function Frame({ id, label, hint, problem, className, children }: FrameProps) {
  return (
    <div className={cn("flex min-w-0 flex-col gap-1", className)}>
      <label htmlFor={id} className="text-xs font-medium">
        {label}
      </label>
      {children}
      {problem ? (
        <p id={`${id}-note`} role="alert" className="text-2xs text-danger">
          {problem}
        </p>
      ) : hint ? (
        <div id={`${id}-note`} className="text-2xs text-muted">
          {hint}
        </div>
      ) : null}
    </div>
  );
}

function useControl({ hint, problem }: Pick<FieldProps, "hint" | "problem">) {
  const id = useId();
  return { id, "aria-invalid": Boolean(problem), "aria-describedby": problem || hint ? `${id}-note` : undefined };
}

export function TextField({ label, hint, problem, className, ...props }: FieldProps & ComponentProps<"input">) {
  const control = useControl({ hint, problem: problem ?? null });
  return (
    <Frame id={control.id} label={label} hint={hint} problem={problem ?? null} className={className}>
      <input autoComplete="off" spellCheck={false} className={cn(CONTROL, "h-8")} {...control} {...props} />
    </Frame>
  );
}

export function SelectField({ label, hint, problem, className, ...props }: FieldProps & ComponentProps<"select">) {
  const control = useControl({ hint, problem: problem ?? null });
  return (
    <Frame id={control.id} label={label} hint={hint} problem={problem ?? null} className={className}>
      <select className={cn(CONTROL, "h-8")} {...control} {...props} />
    </Frame>
  );
}

export function AreaField({ label, hint, problem, className, ...props }: FieldProps & ComponentProps<"textarea">) {
  const control = useControl({ hint, problem: problem ?? null });
  return (
    <Frame id={control.id} label={label} hint={hint} problem={problem ?? null} className={className}>
      <textarea
        spellCheck={false}
        className={cn(CONTROL, "min-h-40 py-1.5 font-mono leading-4")}
        {...control}
        {...props}
      />
    </Frame>
  );
}

interface CheckFieldProps extends ComponentProps<"input"> {
  label: string;
  hint?: string;
}

export function CheckField({ label, hint, className, ...props }: CheckFieldProps) {
  const id = useId();
  return (
    <div className={cn("flex items-start gap-2", className)}>
      <input
        id={id}
        type="checkbox"
        aria-describedby={hint ? `${id}-note` : undefined}
        className="mt-0.5 size-4 shrink-0 accent-(--accent)"
        {...props}
      />
      <div>
        <label htmlFor={id} className="text-xs font-medium">
          {label}
        </label>
        {hint ? (
          <p id={`${id}-note`} className="text-2xs text-muted">
            {hint}
          </p>
        ) : null}
      </div>
    </div>
  );
}
