import { queryOptions } from "@tanstack/react-query";

import { type Body, callApi } from "@/lib/api";

export type Receipt = Body<"Receipt">;
export type Retention = Body<"Retention">;
export type RetentionStatus = Body<"RetentionStatus">;

export function retentionQuery(tenant: string | null) {
  return queryOptions({
    queryKey: ["retention", tenant] as const,
    queryFn: ({ signal }) => callApi<RetentionStatus>("retention", { tenant: tenant ?? "", signal }),
    enabled: tenant !== null,
  });
}

export function setRetention(tenant: string, body: Retention): Promise<Retention> {
  return callApi<Retention>("retention", { method: "PUT", tenant, body });
}

export type Capture = Body<"ContentCaptureStatus">;

export function captureQuery(tenant: string | null) {
  return queryOptions({
    queryKey: ["content-capture", tenant] as const,
    queryFn: ({ signal }) => callApi<Capture>("content-capture", { tenant: tenant ?? "", signal }),
    enabled: tenant !== null,
  });
}

/** The third mode, `on`, is for the project's operator. */
export function setCapture(tenant: string, mode: "follow" | "off"): Promise<Capture> {
  return callApi<Capture>("content-capture", { method: "PUT", tenant, body: { content_capture: mode } });
}

/** By a body, so that any id can be named and none ends in a log of paths. */
export function forgetUser(tenant: string, userId: string): Promise<Receipt> {
  return callApi<Receipt>("users/forget", { method: "POST", tenant, body: { user_id: userId } });
}

export function forgetTrace(tenant: string, traceId: string): Promise<Receipt> {
  return callApi<Receipt>(`traces/${traceId}`, { method: "DELETE", tenant });
}

export function forgetTenant(tenant: string): Promise<Receipt> {
  return callApi<Receipt>(`tenants/${tenant}`, { method: "DELETE", tenant });
}

export type TagKeys = Body<"TagKeys">;
export type TagKeysStatus = Body<"TagKeysStatus">;

export function tagKeysQuery(tenant: string | null) {
  return queryOptions({
    queryKey: ["tag-keys", tenant] as const,
    queryFn: ({ signal }) => callApi<TagKeysStatus>("tag-keys", { tenant: tenant ?? "", signal }),
    enabled: tenant !== null,
  });
}

export function setTagKeys(tenant: string, keys: string[]): Promise<TagKeys> {
  return callApi<TagKeys>("tag-keys", { method: "PUT", tenant, body: { keys } });
}
