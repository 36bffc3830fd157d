/** The pages of the settings, in their order. */
export const SETTINGS_TABS = [
  { path: "/settings/connect", label: "Connect", also: "setup endpoint send spans snippets" },
  { path: "/settings/keys", label: "Keys", also: "api key make rotate revoke" },
  { path: "/settings/members", label: "Members", also: "people roles invite invitations" },
  { path: "/settings/data", label: "Data", also: "retention capture forget erase delete" },
  { path: "/settings/mappings", label: "Mappings", also: "rules attributes dialect" },
  { path: "/settings/audit", label: "Audit", also: "log history changes" },
] as const;
