import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": `${import.meta.dirname}/src` } },
  test: { include: ["*.test.ts", "src/**/*.test.ts", "eslint-rules/**/*.test.ts"], environment: "node" },
});
