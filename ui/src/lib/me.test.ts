import { expect, it } from "vitest";

import { toRights, type Me } from "./me";

const user: Me = {
  kind: "user",
  id: "user:0",
  demo: false,
  email: "ann@example.test",
  may_create_tenants: false,
  tenants: [
    { tenant_id: "mine", role: "owner", scopes: null },
    { tenant_id: "ours", role: "admin", scopes: null },
    { tenant_id: "theirs", role: "viewer", scopes: null },
  ],
};
const key = (scopes: ("read" | "admin" | "ingest")[]): Me => ({
  ...user,
  kind: "api_key",
  tenants: [{ tenant_id: "mine", role: null, scopes }],
});

it.each([
  [user, "mine", true, true],
  [user, "ours", true, false],
  [user, "theirs", false, false],
  [user, "another", false, false],
  [user, null, false, false],
  [undefined, "mine", false, false],
  [key(["read"]), "mine", false, false],
  [key(["admin"]), "mine", true, false],
  [key(["admin"]), "another", false, false],
  [{ ...user, kind: "dev", tenants: [] } as Me, "any", true, true],
])("%j in %j manages: %s, owns: %s", (me, tenant, manage, own) => {
  expect(toRights(me, tenant)).toMatchObject({ manage, own });
});
