"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";

import { ApiError } from "@/lib/api";
import { DEMO_TENANT, SAMPLE_TENANT } from "@/lib/tenant";
import { notify } from "@/lib/notify";
import { useView } from "@/lib/url-state";
import { useAction } from "@/lib/use-action";
import { useTenant } from "@/lib/use-tenant";

import { PROGRAMS, runProgram, type Program } from "./api";

/** Runs a demo program as the current tenant and opens its trace. */
export function useRun() {
  const tenant = useTenant();
  const { range } = useView();
  const router = useRouter();
  const queryClient = useQueryClient();
  return useAction({
    mutationKey: ["demo"],
    run: async (program: Program) => {
      const target = tenant === null || tenant === SAMPLE_TENANT ? DEMO_TENANT : tenant;
      if (target !== tenant) {
        void notify("info", `Running as ${target}`, "The sample tenant keeps its generated data to itself.");
      }
      return { target, detail: await runProgram(program, target) };
    },
    onDone: ({ target, detail }) => {
      void queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "health" });
      const { trace_id: traceId } = detail.trace;
      router.push(`/traces/${traceId}?${new URLSearchParams({ tenant: target, range })}`);
    },
    onFail: (error, program) => {
      const requestId = error instanceof ApiError ? error.requestId : null;
      const description = requestId ? `${error.message} Request id ${requestId}` : error.message;
      void notify("error", `${PROGRAMS[program].label} failed`, description);
    },
  });
}
