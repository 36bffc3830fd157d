// Plain objects answer to names that nobody put into them: `looks["constructor"]` is a function,
// and `shares["__proto__"] = 1` changes no share. Names that come from outside (a model, a tool, an
// attribute) are therefore never keys of objects; a Map holds them.
import ts from "typescript";

const OPEN = ts.TypeFlags.String | ts.TypeFlags.TemplateLiteral | ts.TypeFlags.Any | ts.TypeFlags.Unknown;
/** Recharts reads these as paths into a point: "a.b" is two steps and "[0]" an index. */
const PATHS = new Set(["dataKey", "nameKey"]);

/** @type {import("eslint").Rule.RuleModule} */
export const noForeignKeys = {
  meta: {
    type: "problem",
    docs: { description: "Refuse any string as the key of an object; only closed unions may be one." },
    schema: [],
    messages: {
      key: "This key may be any string, `__proto__` too. Look it up in a Map, or close its type.",
      entries: "Keys of entries may be any string, `__proto__` too. Build a Map.",
      path: "Recharts reads this string as a path. Close its type to names without dots.",
    },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const checker = services.program.getTypeChecker();
    const isOpen = (node) => {
      const type = services.getTypeAtLocation(node);
      const bound = checker.getBaseConstraintOfType(type) ?? type;
      return (bound.isUnion() ? bound.types : [bound]).some(({ flags }) => (flags & OPEN) !== 0);
    };
    const reportOpen = (node, messageId) => {
      if (node.type !== "Literal" && isOpen(node)) context.report({ node, messageId });
    };
    return {
      "MemberExpression[computed=true]": ({ property }) => reportOpen(property, "key"),
      "Property[computed=true]": ({ key }) => reportOpen(key, "key"),
      "BinaryExpression[operator='in']": ({ left }) => reportOpen(left, "key"),
      "CallExpression[callee.object.name='Object'][callee.property.name=/^(fromEntries|groupBy)$/]": (node) =>
        context.report({ node, messageId: "entries" }),
      JSXAttribute({ name, value }) {
        if (PATHS.has(name.name) && value?.type === "JSXExpressionContainer") {
          reportOpen(value.expression, "path");
        }
      },
    };
  },
};
