// `next build` leaves the static files out of the standalone folder, because a CDN may serve them:
// https://nextjs.org/docs/app/api-reference/config/next-config-js/output. Here server.js serves all.
import { cp, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const standalone = join(root, ".next", "standalone");

const copies = [
  [join(root, ".next", "static"), join(standalone, ".next", "static")],
  [join(root, "public"), join(standalone, "public")],
];

for (const [source, target] of copies) {
  await rm(target, { recursive: true, force: true });
  if (existsSync(source)) await cp(source, target, { recursive: true });
}
