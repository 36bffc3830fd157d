"use client";

import type { ReactElement } from "react";

import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuTrigger,
} from "@/components/ui/dropdown-menu";
import { ForeignText } from "@/components/ui/foreign-text";
import { formatCount } from "@/lib/format";

export interface FilterOption {
  value: string;
  /** The label that a reader sees, where it is not the value. */
  label?: string;
  /** How many requests it stands for, where that is known. */
  count?: number;
}

export interface FilterOptionsProps {
  trigger: ReactElement;
  label: string;
  value: string | null;
  options: readonly FilterOption[];
  onChange: (value: string | null) => void;
}

// Radix keeps the empty string for "nothing chosen".
const ANY = "";

export default function FilterOptions({ trigger, label, value, options, onChange }: FilterOptionsProps) {
  const missing = value !== null && !options.some((option) => option.value === value);
  const shown: readonly FilterOption[] = missing ? [{ value }, ...options] : options;
  return (
    <DropdownMenu modal={false} defaultOpen>
      <DropdownMenuTrigger asChild>{trigger}</DropdownMenuTrigger>
      <DropdownMenuContent aria-label={label}>
        <DropdownMenuRadioGroup
          value={value ?? ANY}
          onValueChange={(next) => onChange(next === ANY ? null : next)}
        >
          <DropdownMenuRadioItem value={ANY}>Any</DropdownMenuRadioItem>
          {shown.map((option) => (
            <DropdownMenuRadioItem key={option.value} value={option.value}>
              <span className="truncate">
                <ForeignText text={option.label ?? option.value} />
              </span>
              {option.count === undefined ? null : (
                <span className="ml-auto pl-6 text-muted tabular-nums">{formatCount(option.count)}</span>
              )}
            </DropdownMenuRadioItem>
          ))}
        </DropdownMenuRadioGroup>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
