import { Slot } from "@radix-ui/react-slot";
import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";

import { cn } from "@/lib/class-names";

const buttonVariants = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors disabled:pointer-events-none disabled:opacity-60 [&_svg]:size-3.5 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        solid: "bg-accent text-accent-foreground hover:bg-accent/90",
        outline: "border border-border-strong bg-surface shadow-card hover:bg-hover",
        danger: "border border-danger/45 bg-danger-soft text-danger hover:border-danger",
        ghost: "text-muted hover:bg-hover hover:text-foreground",
      },
      size: { sm: "h-7 px-2.5 text-xs", icon: "size-7" },
    },
    defaultVariants: { variant: "outline", size: "sm" },
  },
);

type ButtonProps = ComponentProps<"button"> &
  VariantProps<typeof buttonVariants> & { asChild?: boolean };

export function Button({ className, variant, size, asChild = false, ...props }: ButtonProps) {
  const Element = asChild ? Slot : "button";
  const type = asChild ? {} : { type: "button" as const };
  return (
    <Element
      data-slot="button"
      className={cn(buttonVariants({ variant, size }), className)}
      {...type}
      {...props}
    />
  );
}
