import { queryOptions } from "@tanstack/react-query";

import { type Body, callApi } from "@/lib/api";

/** The API's health; a 503 carries the same body, with what is wrong in it. */
export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: ({ signal }) => callApi<Body<"Health">>("health", { signal, accept: [503] }),
  staleTime: 30_000,
  refetchInterval: (query) => (query.state.data?.status === "ok" ? false : 10_000),
});
