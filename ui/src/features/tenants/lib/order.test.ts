import { describe, expect, it } from "vitest";

import type { TenantSums } from "../api";
import { orderBy } from "./order";

function sums(tenant_id: string, cost_usd: number | null, requests = 1): TenantSums {
  return {
    tenant_id,
    cost_usd,
    requests,
    role: null,
    generated: false,
    errors: 0,
    error_rate: null,
    total_tokens: 0,
    unpriced_requests: 0,
    unmeasured_requests: 0,
  };
}

describe("the order of tenants", () => {
  const tenants = [sums("a", 0), sums("b", null, 9), sums("c", 2), sums("d", 2)];

  it("puts the most first, the unknown last, and equals by name", () => {
    expect(orderBy(tenants, "cost_usd").map((one) => one.tenant_id)).toEqual(["c", "d", "a", "b"]);
    expect(orderBy(tenants, "requests").map((one) => one.tenant_id)).toEqual(["b", "a", "c", "d"]);
  });

  it("leaves the API's order by name, and the list that it was given", () => {
    orderBy(tenants, "cost_usd");
    expect(orderBy(tenants, "tenant_id").map((one) => one.tenant_id)).toEqual(["a", "b", "c", "d"]);
  });
});
