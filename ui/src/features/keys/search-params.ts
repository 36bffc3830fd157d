import { parseAsString, parseAsStringLiteral } from "nuqs";

import { KEY_STATUSES } from "./api";

/** The list of keys in its URL; all of them where no status is named. */
export const keyParsers = {
  status: parseAsStringLiteral([...KEY_STATUSES, "all"]).withDefault("active"),
  cursor: parseAsString,
};
