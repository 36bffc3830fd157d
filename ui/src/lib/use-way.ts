"use client";

import { createContext, useContext } from "react";

import type { Way } from "./access";

/** The server decides it, and the layout hands it down. */
export const WayContext = createContext<Way>("open");

export function useWay(): Way {
  return useContext(WayContext);
}
