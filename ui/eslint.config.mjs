import { readdirSync } from "node:fs";

import nextCoreWebVitals from "eslint-config-next/core-web-vitals";
import nextTypescript from "eslint-config-next/typescript";

import { noForeignKeys } from "./eslint-rules/no-foreign-keys.mjs";

const FEATURES = readdirSync(new URL("./src/features", import.meta.url));

// Shared code knows no feature, a feature knows no other: src/app puts them together.
const zones = [
  { target: "./src/lib", from: ["./src/components", "./src/features", "./src/app"] },
  { target: "./src/components", from: ["./src/features", "./src/app"] },
  { target: "./src/features", from: "./src/app" },
  ...FEATURES.map((name) => ({
    target: `./src/features/${name}`,
    from: "./src/features",
    except: [`./${name}`],
  })),
];

const config = [
  ...nextCoreWebVitals,
  ...nextTypescript,
  {
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "import/no-restricted-paths": ["error", { zones }],
      "max-lines": ["error", { max: 200, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 120, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
    },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { local: { rules: { "no-foreign-keys": noForeignKeys } } },
    rules: { "local/no-foreign-keys": "error" },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    ignores: ["src/lib/use-action.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        { name: "@tanstack/react-query", importNames: ["useMutation"], message: "useAction begins once, however often one clicks." },
      ],
    },
  },
  // Test suites hold many cases in one describe block.
  { files: ["**/*.test.ts", "e2e/**"], rules: { "max-lines-per-function": "off" } },
  // Playwright's fixtures hand over by a function that is called use and is no hook.
  { files: ["e2e/**"], rules: { "react-hooks/rules-of-hooks": "off" } },
  { ignores: [".next/**", "next-env.d.ts", "src/lib/schema.ts", "test-results/**", "playwright-report/**"] },
];

export default config;
