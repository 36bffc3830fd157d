"use client";

import { ChevronDown } from "lucide-react";
import { lazy } from "react";

import { Button } from "@/components/ui/button";
import { ForeignText } from "@/components/ui/foreign-text";
import { OnDemand } from "@/components/ui/on-demand";
import { cn } from "@/lib/class-names";

import type { FilterOptionsProps } from "./filter-options";

const FilterOptions = lazy(() => import("./filter-options"));

export function FilterMenu(props: Omit<FilterOptionsProps, "trigger">) {
  const { label, value, options } = props;
  const shown = options.find((option) => option.value === value)?.label ?? value;
  const trigger = (
    <Button className={cn(value !== null && "border-accent/50 bg-accent-soft hover:bg-accent-soft")}>
      <span className={value === null ? "" : "text-muted"}>{label}</span>
      {value === null ? null : (
        <span className="max-w-40 truncate">
          <ForeignText text={shown ?? value} />
        </span>
      )}
      <ChevronDown aria-hidden className="text-muted" />
    </Button>
  );
  return (
    <OnDemand trigger={trigger} opens="menu">
      <FilterOptions trigger={trigger} {...props} />
    </OnDemand>
  );
}
