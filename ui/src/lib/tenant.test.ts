import { expect, it } from "vitest";

import { isTenantId, KNOWN_TENANTS } from "./tenant";

it.each([...KNOWN_TENANTS, "a", "0", "a_b-c", "x".repeat(63)])("takes %s as a tenant id", (id) => {
  expect(isTenantId(id)).toBe(true);
});

it.each(["", "A", "-a", "_a", "a b", "a/b", "a\n", "x".repeat(64)])("refuses %j as a tenant id", (id) => {
  expect(isTenantId(id)).toBe(false);
});
