"use client";

import { useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";

import type { Way } from "./access";
import { meQuery, toRights, type Rights } from "./me";
import { useTenant } from "./use-tenant";

/** The server decides it, and the layout hands it down. */
export const WayContext = createContext<Way>("open");

export function useWay(): Way {
  return useContext(WayContext);
}

export function useMe() {
  return useQuery(meQuery);
}

/** What the caller may do in the tenant of this page; nothing until the API has answered. */
export function useRights(): Rights {
  const { data } = useMe();
  return toRights(data, useTenant());
}
