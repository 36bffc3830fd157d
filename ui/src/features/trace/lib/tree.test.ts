import { describe, expect, it } from "vitest";

import { buildTree, listVisible, type TreeSpan } from "./tree";

function makeSpan(span_id: string, parent_span_id: string | null, more: Partial<TreeSpan> = {}): TreeSpan {
  const nothing = { counted: false, total_tokens: null, cost_usd: null, unpriced: false, unmeasured: false };
  return { span_id, parent_span_id, ...nothing, ...more };
}

function makeCall(span_id: string, parent_span_id: string, tokens: number | null, cost: number | null) {
  return makeSpan(span_id, parent_span_id, { counted: true, total_tokens: tokens, cost_usd: cost });
}

function outline(spans: TreeSpan[]): string[] {
  return buildTree(spans).map((row) => `${"  ".repeat(row.depth)}${row.span.span_id}`);
}

/** A full tree of `size` spans in which every span has ten children, parents first. */
function makeBushy(size: number): TreeSpan[] {
  return Array.from({ length: size }, (_, index) =>
    makeSpan(`s${index}`, index === 0 ? null : `s${Math.floor((index - 1) / 10)}`),
  );
}

describe("buildTree", () => {
  it("puts children below their parent in the order given, whatever comes first", () => {
    const spans = [makeSpan("b", "root"), makeSpan("c", "b"), makeSpan("root", null), makeSpan("a", "root")];

    expect(outline(spans)).toEqual(["root", "  b", "    c", "  a"]);
  });

  it("shows at the root what all of a trace adds up to, of which some spans are not here", () => {
    const whole = { rootId: "root", calls: 9, sums: { tokens: 900, cost: 0.9, unpriced: 1, unmeasured: 0 } };
    const spans = [makeSpan("root", null), makeSpan("step", "root"), makeCall("call", "step", 10, 0.1)];
    const rows = buildTree(spans, whole);

    expect(rows.map(({ calls, sums }) => [calls, sums.tokens, sums.cost])).toEqual([
      [9, 900, 0.9],
      [1, 10, 0.1],
      [1, 10, 0.1],
    ]);
  });

  it("shows spans without their parent at the top, marked as orphans", () => {
    const rows = buildTree([makeSpan("root", null), makeSpan("child", "lost"), makeSpan("leaf", "child")]);

    expect(rows.map(({ span, depth, detached }) => [span.span_id, depth, detached])).toEqual([
      ["root", 0, null],
      ["child", 0, "orphan"],
      ["leaf", 1, null],
    ]);
  });

  it("opens a ring of spans at the first of them and draws each once", () => {
    const rows = buildTree([makeSpan("a", "c"), makeSpan("b", "a"), makeSpan("c", "b"), makeSpan("self", "self")]);

    expect(rows.map(({ span, depth, detached }) => [span.span_id, depth, detached])).toEqual([
      ["a", 0, "cycle"],
      ["b", 1, null],
      ["c", 2, null],
      ["self", 0, "cycle"],
    ]);
  });

  it("keeps both of two spans with one id, and draws their children once", () => {
    const spans = [makeSpan("root", null), makeSpan("twin", "root"), makeSpan("twin", "root"), makeSpan("x", "twin")];

    expect(outline(spans)).toEqual(["root", "  twin", "    x", "  twin"]);
  });

  it("adds up what counted calls below a row are known to have used", () => {
    const [agent, tool] = buildTree([
      makeSpan("agent", null, { total_tokens: 999, cost_usd: 9 }),
      makeSpan("tool", "agent"),
      makeCall("one", "tool", 10, 0.25),
      makeCall("two", "tool", 20, 0.5),
      { ...makeCall("unpriced", "agent", 5, null), unpriced: true },
      { ...makeCall("unmeasured", "tool", null, null), unmeasured: true },
    ]);

    expect(tool?.sums).toEqual({ tokens: 30, cost: 0.75, unpriced: 0, unmeasured: 1 });
    expect(agent?.sums).toEqual({ tokens: 35, cost: 0.75, unpriced: 1, unmeasured: 1 });
    expect(agent?.descendants).toBe(5);
    expect(agent?.calls).toBe(4);
  });

  it("leaves it to the API which call lacks a price or usage", () => {
    const [tool] = buildTree([
      makeSpan("tool", null),
      makeCall("call", "tool", 10, 0.25),
      makeCall("failed", "tool", null, null),
    ]);

    expect(tool?.sums).toEqual({ tokens: 10, cost: 0.25, unpriced: 0, unmeasured: 0 });
  });

  it("leaves a sum unknown when nothing below is known", () => {
    const [tool] = buildTree([makeSpan("tool", null), makeCall("call", "tool", null, null)]);

    expect(tool?.sums).toEqual({ tokens: null, cost: null, unpriced: 0, unmeasured: 0 });
  });

  it("numbers siblings for screen readers", () => {
    const rows = buildTree([makeSpan("root", null), makeSpan("a", "root"), makeSpan("b", "root")]);

    expect(rows.map(({ position, siblings }) => [position, siblings])).toEqual([
      [1, 1],
      [1, 2],
      [2, 2],
    ]);
  });

  it("builds a chain of 20,000 spans", () => {
    const chain = Array.from({ length: 20_000 }, (_, index) =>
      makeSpan(`s${index}`, index === 0 ? null : `s${index - 1}`),
    );

    const rows = buildTree(chain);

    expect(rows.at(-1)?.depth).toBe(19_999);
    expect(rows[0]?.descendants).toBe(19_999);
  });

  it("reads ten times the spans with about ten times the looks at them", () => {
    const count = (size: number) => {
      let looks = 0;
      const counting: ProxyHandler<TreeSpan> = {
        get: (span, name) => {
          looks += 1;
          return Reflect.get(span, name) as unknown;
        },
      };
      buildTree(makeBushy(size).map((span) => new Proxy(span, counting)));
      return looks;
    };

    // Sorting takes a little more than in proportion; a quadratic algorithm would look a hundred times as often.
    expect(count(20_000) / count(2_000)).toBeLessThan(15);
  });
});

describe("listVisible", () => {
  const rows = buildTree([makeSpan("root", null), makeSpan("a", "root"), makeSpan("a1", "a"), makeSpan("b", "root")]);
  const ids = (collapsed: number[]) => listVisible(rows, new Set(collapsed)).map((row) => row.span.span_id);

  it("hides all that is below a collapsed row and nothing else", () => {
    expect(ids([])).toEqual(["root", "a", "a1", "b"]);
    expect(ids([1])).toEqual(["root", "a", "b"]);
    expect(ids([0])).toEqual(["root"]);
  });
});
