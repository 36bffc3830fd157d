import { queryOptions } from "@tanstack/react-query";

import { type Body, callApi } from "@/lib/api";

export type Rule = Body<"AttributeRule">;
export type Field = Rule["field"];
export type TriedSpan = Body<"TriedSpan">;
export type TrialResult = Body<"TrialResult">;

export function mappingsQuery(tenant: string | null) {
  return queryOptions({
    queryKey: ["mappings", tenant] as const,
    queryFn: ({ signal }) => callApi<Body<"MappingList">>("mappings", { tenant: tenant ?? "", signal }),
    enabled: tenant !== null,
    // Somebody may be writing rules while the answer would come anew.
    refetchOnWindowFocus: false,
  });
}

export function setMappings(tenant: string, mappings: Rule[]): Promise<Body<"MappingList">> {
  return callApi<Body<"MappingList">>("mappings", { method: "PUT", tenant, body: { mappings } });
}

export interface Trial {
  without: TrialResult;
  withRules: TrialResult;
}

/** Reads a span twice, by no rule and by these; nothing is stored. */
export async function tryMappings(tenant: string, span: object, mappings: Rule[]): Promise<Trial> {
  const attempt = (rules: Rule[]) =>
    callApi<TrialResult>("mappings/test", { method: "POST", tenant, body: { span, mappings: rules } });
  const [without, withRules] = await Promise.all([attempt([]), attempt(mappings)]);
  return { without, withRules };
}
