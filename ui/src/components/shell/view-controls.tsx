"use client";

import { Radio, RotateCw } from "lucide-react";
import { useIsFetching, useQueryClient } from "@tanstack/react-query";

import { Button } from "@/components/ui/button";
import { Segmented } from "@/components/ui/segmented";
import { cn } from "@/lib/class-names";
import { RANGE_FACTS, RANGES } from "@/lib/time";
import { LIVE_INTERVAL_MS, useView } from "@/lib/url-state";

const RANGE_OPTIONS = RANGES.map((range) => ({
  value: range,
  label: range,
  title: RANGE_FACTS[range].label,
}));

interface RangeControlProps {
  /** True where another window is shown in place of the range. */
  overruled?: boolean;
  onChoose?: () => void;
}

export function RangeControl({ overruled = false, onChoose }: RangeControlProps) {
  const { range, setView } = useView();
  return (
    <Segmented
      label="Time range"
      value={overruled ? null : range}
      options={RANGE_OPTIONS}
      onChange={(next) => {
        void setView({ range: next });
        onChoose?.();
      }}
    />
  );
}

/** Refresh now, or every few seconds while the tab is in sight. */
export function RefreshControls() {
  const { live, setView } = useView();
  const queryClient = useQueryClient();
  const fetching = useIsFetching() > 0;
  const seconds = LIVE_INTERVAL_MS / 1000;
  return (
    <div className="flex items-center gap-1">
      <Button
        aria-pressed={live}
        title={`Refresh every ${seconds} s while this tab is visible`}
        onClick={() => void setView({ live: !live })}
        className={cn(live && "border-success/50 bg-success-soft text-success hover:bg-success-soft")}
      >
        <Radio aria-hidden className={cn(live && "animate-pulse")} />
        Live
      </Button>
      <Button
        variant="ghost"
        size="icon"
        aria-label="Refresh"
        title="Refresh"
        onClick={() => void queryClient.invalidateQueries()}
      >
        <RotateCw aria-hidden className={cn(fetching && "animate-spin")} />
      </Button>
    </div>
  );
}
