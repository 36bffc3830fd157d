import { ChartNoAxesColumn, ListTree, Settings } from "lucide-react";

/** The dashboard's pages, in the order of its navigation; `key` opens one after g. */
export const PAGES = [
  { path: "/overview", label: "Overview", key: "o", Icon: ChartNoAxesColumn },
  { path: "/traces", label: "Traces", key: "t", Icon: ListTree },
  { path: "/settings", label: "Settings", key: ",", Icon: Settings },
] as const;

/** Those that a role opens. */
export function listPages(manage: boolean) {
  return PAGES.filter(({ path }) => manage || path !== "/settings");
}
