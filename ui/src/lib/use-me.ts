"use client";

import { useQuery } from "@tanstack/react-query";

import { meQuery, toRights, type Rights } from "./me";
import { useTenant } from "./use-tenant";

/** Who the API takes this browser for. */
export function useMe() {
  return useQuery(meQuery);
}

/** What the caller may do in the tenant of this page; nothing until the API has answered. */
export function useRights(): Rights {
  const { data } = useMe();
  return toRights(data, useTenant());
}
