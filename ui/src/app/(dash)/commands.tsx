"use client";

import { lazy } from "react";

const AllCommands = lazy(() => import("./all-commands"));

/** The command menu, loaded when somebody opens it for the first time. */
export function Commands() {
  return <AllCommands />;
}
