import type { components } from "./schema";

type Schemas = components["schemas"];

/** A body of the API by its name in openapi.json. */
export type Body<Name extends keyof Schemas> = Schemas[Name];
export type Operation = Body<"Operation">;
export type Status = Body<"TraceSummary">["status"];

/** Thrown for every answer that is not the wanted body; `requestId` finds it in the API's logs. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | null,
  ) {
    super(message);
  }
}

/** The code of a 401 that a log-in puts right. */
export const NOT_LOGGED_IN = "not_logged_in";

export interface ApiCall {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  tenant?: string;
  /** Sent as JSON. A POST without one sends an empty object. */
  body?: unknown;
  /** Query parameters; absent and empty ones are left out. */
  query?: Record<string, string | number | null | undefined>;
  signal?: AbortSignal;
  /** Statuses besides 2xx whose body is the wanted one. */
  accept?: readonly number[];
}

/** Calls the API through the proxy route. Throws ApiError. */
export async function callApi<T>(path: string, call: ApiCall = {}): Promise<T> {
  const { method = "GET", tenant, query = {}, accept = [], signal } = call;
  const body = call.body ?? (method === "POST" ? {} : undefined);
  const headers = tenant ? { "x-tenant-id": tenant } : {};
  return ask<T>(`/api/v1/${path}${toQueryString(query)}`, toRequest(method, body, headers, signal), accept);
}

/** Takes one step of a log-in, which says where to go on. Throws ApiError. */
export function takeLoginStep(step: string, body: Record<string, string>): Promise<{ next: string | null }> {
  return ask(`/api/auth/${step}`, toRequest("POST", body, {}, undefined), []);
}

function toRequest(method: string, body: unknown, headers: Record<string, string>, signal?: AbortSignal): RequestInit {
  const json = body === undefined ? {} : { "content-type": "application/json" };
  return {
    method,
    headers: { accept: "application/json", ...headers, ...json },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  };
}

async function ask<T>(url: string, request: RequestInit, accept: readonly number[]): Promise<T> {
  const response = await fetch(url, request).catch((reason: unknown) => {
    if (request.signal?.aborted) throw reason;
    throw new ApiError(0, "network_error", "The dashboard's own server can't be reached.", null);
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok || accept.includes(response.status)) {
    if (answer === null) throw new ApiError(response.status, "invalid_body", "The answer is not JSON.", null);
    return answer as T;
  }
  throw toApiError(response, answer);
}

function toQueryString(query: NonNullable<ApiCall["query"]>): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value != null && value !== "")
    .map(([name, value]) => [name, String(value)]);
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`;
}

function toApiError(response: Response, body: unknown): ApiError {
  if (isErrorBody(body)) {
    const { code, message, request_id } = body.error;
    return new ApiError(response.status, code, message, request_id);
  }
  // API Gateway answers some requests itself, with a bare {"message": ...}.
  const message = `The API answered ${response.status} ${response.statusText}`.trim();
  return new ApiError(response.status, "unexpected_status", message, response.headers.get("x-request-id"));
}

function isErrorBody(body: unknown): body is Schemas["ErrorBody"] {
  const error = (body as { error?: unknown } | null)?.error;
  return typeof (error as { message?: unknown } | null | undefined)?.message === "string";
}
