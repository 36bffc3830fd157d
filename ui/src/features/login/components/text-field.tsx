import type { ComponentProps } from "react";

interface TextFieldProps extends ComponentProps<"input"> {
  label: string;
}

export function TextField({ label, ...props }: TextFieldProps) {
  return (
    <label className="block">
      <span className="mb-1 block text-xs font-medium">{label}</span>
      <input
        {...props}
        className="h-9 w-full rounded-md border border-border-strong bg-background px-2.5 aria-invalid:border-danger"
      />
    </label>
  );
}
