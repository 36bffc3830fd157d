import { defineConfig } from "@playwright/test";

const isCi = Boolean(process.env.CI);

// Chromium looks up its maker's hosts at every start unless told not to; as root it has no sandbox.
const CHROMIUM_ARGUMENTS = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

export default defineConfig({
  testDir: "./e2e",
  globalSetup: "./e2e/global-setup.ts",
  forbidOnly: isCi,
  fullyParallel: true,
  workers: 2,
  // What passes at the second try only is told as flaky at the end: to be mended, yet no reason to refuse a change.
  retries: 1,
  timeout: 90_000,
  expect: { timeout: 30_000 },
  // Each against a stack of its own: global-setup.ts starts both.
  projects: [
    { name: "development", testIgnore: "login/**" },
    { name: "login", testMatch: "login/*.spec.ts" },
  ],
  reporter: isCi ? [["github"], ["list"]] : "list",
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    trace: "on-first-retry",
    launchOptions: { executablePath: findChromium(), args: CHROMIUM_ARGUMENTS },
  },
});

/** CHROMIUM_PATH, which `make test` finds; else where Debian puts it. */
function findChromium(): string {
  return process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
}
