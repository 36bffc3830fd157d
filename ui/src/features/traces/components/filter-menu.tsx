"use client";

import { ChevronDown } from "lucide-react";

import { Button } from "@/components/ui/button";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuTrigger,
} from "@/components/ui/dropdown-menu";
import { cn } from "@/lib/class-names";
import { formatCount } from "@/lib/format";

export interface FilterOption {
  value: string;
  /** How many requests it stands for, where that is known. */
  count?: number;
}

interface FilterMenuProps {
  label: string;
  value: string | null;
  options: readonly FilterOption[];
  onChange: (value: string | null) => void;
}

// Radix keeps the empty string for "nothing chosen".
const ANY = "";

export function FilterMenu({ label, value, options, onChange }: FilterMenuProps) {
  const missing = value !== null && !options.some((option) => option.value === value);
  const shown = missing ? [{ value }, ...options] : options;
  return (
    <DropdownMenu modal={false}>
      <DropdownMenuTrigger asChild>
        <Button className={cn(value !== null && "border-accent/50 bg-accent-soft hover:bg-accent-soft")}>
          <span className={value === null ? "" : "text-muted"}>{label}</span>
          {value === null ? null : <span className="max-w-40 truncate">{value}</span>}
          <ChevronDown aria-hidden className="text-muted" />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent aria-label={label}>
        <DropdownMenuRadioGroup
          value={value ?? ANY}
          onValueChange={(next) => onChange(next === ANY ? null : next)}
        >
          <DropdownMenuRadioItem value={ANY}>Any</DropdownMenuRadioItem>
          {shown.map((option: FilterOption) => (
            <DropdownMenuRadioItem key={option.value} value={option.value}>
              <span className="truncate">{option.value}</span>
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
