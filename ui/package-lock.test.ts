import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

interface LockedPackage {
  integrity?: string;
  resolved?: string;
  link?: boolean;
  /** It comes inside the archive of the package around it, whose hash covers it. */
  inBundle?: boolean;
  bundleDependencies?: string[];
}

const { packages, lockfileVersion } = JSON.parse(readFileSync(`${import.meta.dirname}/package-lock.json`, "utf8")) as {
  packages: Record<string, LockedPackage>;
  lockfileVersion: number;
};
const locked = Object.entries(packages).filter(([place]) => place !== "");
const places = new Map(locked);

function isCovered(place: string, { integrity, inBundle, link }: LockedPackage): boolean {
  if (inBundle) {
    const [, around = "", name = ""] = /^(.*)\/node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(place) ?? [];
    const parent = places.get(around);
    return parent?.bundleDependencies?.includes(name) === true && isCovered(around, parent);
  }
  return !link && /^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? "");
}

it("holds the hash of every archive, also for other platforms", () => {
  expect(lockfileVersion).toBe(3);
  expect(locked.length).toBeGreaterThan(400);
  // npm leaves the hash out where another platform's entry was copied. Delete such entries from the
  // file and run `npm install --package-lock-only`: then it asks for them.
  expect(locked.filter(([place, entry]) => !isCovered(place, entry)).map(([place]) => place)).toEqual([]);
});

it("takes archives from npm's own registry only", () => {
  const elsewhere = locked.filter(([, { resolved }]) => resolved && !resolved.startsWith("https://registry.npmjs.org/"));

  expect(elsewhere.map(([place]) => place)).toEqual([]);
});
