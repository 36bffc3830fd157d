"use client";

import { useIsMutating } from "@tanstack/react-query";
import { AppWindow, LoaderCircle, Play } from "lucide-react";

import { Button } from "@/components/ui/button";

import { PROGRAMS, type Program } from "../api";
import { useRun } from "../use-run";

const ICONS = { run: Play, fake_app: AppWindow };

interface RunButtonProps {
  program: Program;
  variant: "solid" | "outline";
}

export function RunButton({ program, variant }: RunButtonProps) {
  const { start, isPending } = useRun();
  const anyRunning = useIsMutating({ mutationKey: ["demo"] }) > 0;
  const { label, title } = PROGRAMS[program];
  const Icon = isPending ? LoaderCircle : ICONS[program];
  return (
    <Button
      variant={variant}
      title={title}
      disabled={anyRunning}
      aria-busy={isPending}
      onClick={() => start(program)}
    >
      <Icon aria-hidden className={isPending ? "animate-spin" : undefined} />
      {label}
    </Button>
  );
}

export function RunButtons() {
  return (
    <>
      <RunButton program="fake_app" variant="outline" />
      <RunButton program="run" variant="solid" />
    </>
  );
}
