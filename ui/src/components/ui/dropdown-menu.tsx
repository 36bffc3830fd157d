"use client";

import * as MenuPrimitive from "@radix-ui/react-dropdown-menu";
import { Check } from "lucide-react";
import type { ComponentProps } from "react";

import { cn } from "@/lib/class-names";

export const DropdownMenu = MenuPrimitive.Root;
export const DropdownMenuTrigger = MenuPrimitive.Trigger;
export const DropdownMenuRadioGroup = MenuPrimitive.RadioGroup;

export function DropdownMenuContent({
  className,
  ...props
}: ComponentProps<typeof MenuPrimitive.Content>) {
  return (
    // Inside a landmark, where a menu outside of all would be missed.
    <MenuPrimitive.Portal container={document.querySelector("main")}>
      <MenuPrimitive.Content
        data-slot="dropdown-menu-content"
        align="start"
        sideOffset={6}
        collisionPadding={8}
        className={cn(
          "z-50 max-h-80 min-w-48 overflow-y-auto rounded-lg border border-border-strong bg-raised p-1 shadow-raised outline-none",
          className,
        )}
        {...props}
      />
    </MenuPrimitive.Portal>
  );
}

export function DropdownMenuRadioItem({
  className,
  children,
  ...props
}: ComponentProps<typeof MenuPrimitive.RadioItem>) {
  return (
    <MenuPrimitive.RadioItem
      data-slot="dropdown-menu-radio-item"
      className={cn(
        "relative flex h-7 cursor-default items-center rounded-md pr-2 pl-7 text-xs outline-none select-none data-highlighted:bg-selected",
        className,
      )}
      {...props}
    >
      <MenuPrimitive.ItemIndicator className="absolute left-2">
        <Check className="size-3.5" aria-hidden />
      </MenuPrimitive.ItemIndicator>
      {children}
    </MenuPrimitive.RadioItem>
  );
}

export function DropdownMenuItem({ className, ...props }: ComponentProps<typeof MenuPrimitive.Item>) {
  return (
    <MenuPrimitive.Item
      data-slot="dropdown-menu-item"
      className={cn(
        "flex h-8 cursor-default items-center rounded-md px-2 text-xs outline-none select-none data-highlighted:bg-selected",
        className,
      )}
      {...props}
    />
  );
}
