import { parseAsString } from "nuqs";

/** The span whose panel is open. */
export const spanParser = parseAsString;
