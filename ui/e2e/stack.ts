import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

import type { Page } from "@playwright/test";

/** A running stack's description of itself, as far as the tests need it. */
export interface Stack {
  api_url: string;
  ui_url: string;
  data_api_url: string;
  publishable_key: string;
  /** Of the stack's Auth: it makes people. */
  secret_key: string;
  /** The people who may log in, where the stack was started with --login. */
  login: Person[] | null;
}

export interface Person {
  email: string;
  password: string;
  role: "owner" | "member" | "viewer" | null;
}

const UI = join(__dirname, "..");
const REPOSITORY = join(UI, "..");
export const PYTHON = join(REPOSITORY, ".venv", "bin", "python");
const SERVER = join(UI, ".next", "standalone", "server.js");
const READY_MS = 120_000;
const STOP_MS = 30_000;
const POLL_MS = 100;

const run = promisify(execFile);

/** The two stacks of a run, by the variable that names the file of each: in development mode, and as deployed. */
export type StackVariable = "STACK_JSON" | "LOGIN_STACK_JSON";

/** A stack of this run; global setup names its file. */
export function readStack(variable: StackVariable = "STACK_JSON"): Stack {
  const file = process.env[variable];
  if (!file) throw new Error(`${variable} is not set: global setup did not run.`);
  return JSON.parse(readFileSync(file, "utf8")) as Stack;
}

/** Starts a stack of its own in a new state directory; gives its stack.json and how to remove it. */
export async function startStack(
  settings: Record<string, string> = {},
  options: string[] = [],
): Promise<{ file: string; remove: () => Promise<void> }> {
  if (!existsSync(SERVER)) throw new Error(`${SERVER} is missing: run \`npm run build\` first.`);
  const stateDir = mkdtempSync(join(tmpdir(), "llm-observe-e2e-"));
  const [api, ui, dataApi] = await findFreePorts(3);
  const environment = {
    ...process.env,
    LLM_OBSERVE_STATE_DIR: stateDir,
    API_PORT: String(api),
    UI_PORT: String(ui),
    DATA_API_PORT: String(dataApi),
    OPENAI_API_KEY: "",
    ...settings,
  };
  const log = join(stateDir, "up.log");
  const output = openSync(log, "w");
  const child = spawn(PYTHON, ["-m", "infra.local", "up", "--with-parent", ...options], {
    cwd: REPOSITORY,
    env: environment,
    stdio: ["ignore", output, output],
  });
  const remove = async () => {
    await stop(child);
    await run(PYTHON, ["-m", "infra.local", "reset"], { cwd: REPOSITORY, env: environment });
    rmSync(stateDir, { recursive: true, force: true });
  };
  const file = join(stateDir, "stack.json");
  const giveUpAt = Date.now() + READY_MS;
  while (!existsSync(file)) {
    if (child.exitCode !== null || Date.now() > giveUpAt) {
      const told = readFileSync(log, "utf8");
      await remove();
      throw new Error(`The stack did not start:\n${told}`);
    }
    await wait(POLL_MS);
  }
  return { file, remove };
}

/** A second dashboard, in front of another API address or of none, with settings of its own. */
export async function startDashboard(apiUrl: string | null, settings: Record<string, string> = {}) {
  const [port] = await findFreePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const environment = { ...process.env };
  for (const name of ["API_URL", "SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "LLM_OBSERVE_API_KEY"]) delete environment[name];
  if (apiUrl !== null) environment.API_URL = apiUrl;
  const child = spawn(process.execPath, [SERVER], {
    cwd: dirname(SERVER),
    env: {
      ...environment,
      HOSTNAME: "127.0.0.1",
      PORT: String(port),
      NODE_ENV: "production",
      ...settings,
    },
    stdio: "ignore",
  });
  const giveUpAt = Date.now() + READY_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > giveUpAt) throw new Error("The dashboard did not start.");
    await wait(POLL_MS);
  }
  return { url, pid: child.pid ?? 0, stop: () => stop(child) };
}

/** Opens a page of another origin of the same site: another port of this machine. */
export async function openElsewhere(page: Page): Promise<void> {
  const [port] = await findFreePorts(1);
  const elsewhere = `http://127.0.0.1:${port}/`;
  await page.route(elsewhere, (route) => route.fulfill({ contentType: "text/html", body: "<title>x</title>" }));
  await page.goto(elsewhere);
}

/** Ports that nothing listens on; taken together, so that they differ. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Writes a trace of 2,521 spans through the library; gives its id. */
export async function writeLargeTrace(tenant: string): Promise<string> {
  const stack = readStack();
  const stateDir = dirname(process.env.STACK_JSON ?? "");
  const { stdout } = await run(PYTHON, [join(__dirname, "write_large_trace.py")], {
    cwd: REPOSITORY,
    env: {
      ...process.env,
      SUPABASE_URL: stack.data_api_url,
      SUPABASE_PUBLISHABLE_KEY: stack.publishable_key,
      SUPABASE_JWT_SIGNING_KEY: readFileSync(join(stateDir, "signing_key.json"), "utf8"),
      LLM_OBSERVE_TENANT: tenant,
      LLM_OBSERVE_MAX_SPANS: "10000",
      LLM_OBSERVE_EXPORT_TIMEOUT: "60",
    },
  });
  return stdout.trim();
}

/** What `make access ARGS="ingest-token …"` prints for an application, by name. */
export async function issueIngestToken(tenant: string): Promise<Record<string, string>> {
  const { stdout } = await run(PYTHON, ["-m", "infra.access", "ingest-token", "--tenant", tenant], {
    cwd: REPOSITORY,
    env: { ...process.env, LLM_OBSERVE_STATE_DIR: dirname(process.env.STACK_JSON ?? ""), SUPABASE_URL: "" },
  });
  const lines = stdout.split("\n").filter((line) => /^[A-Z_]+=/.test(line));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

/** The local stack's stand-in for OpenAI, for programs of a test's own. */
export async function startOfflineOpenAi() {
  const arguments_ = ["-m", "infra.local.offline_openai", "--pace", "0"];
  const child = spawn(PYTHON, arguments_, { cwd: REPOSITORY, stdio: ["ignore", "pipe", "ignore"] });
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", () => reject(new Error("The offline OpenAI did not start.")));
    child.stdout.once("data", (line: Buffer) => resolve(line.toString().replace(/^ready /, "").trim()));
  });
  return { url, stop: () => stop(child) };
}

/** A tenant of the owner's besides `sample`. */
export const SECOND_TENANT = "second";

/** Makes the owner a member of it before the API has met and remembered that person. */
export function addSecondTenant(): Promise<void> {
  return makeAccess("owner", (user) => ["member", "--tenant", SECOND_TENANT, "--user", user, "--role", "owner"]);
}

/** Lets a person see the sums of all tenants. */
export function nameOperator(name: string): Promise<void> {
  return makeAccess(name, (user) => ["operator", "--user", user]);
}

/** Runs `make access` on the stack where people log in, about one of its people. */
async function makeAccess(name: string, command: (userId: string) => string[]): Promise<void> {
  const stateDir = dirname(process.env.LOGIN_STACK_JSON ?? "");
  const people = JSON.parse(readFileSync(join(stateDir, "people.json"), "utf8")) as Record<string, { user_id: string }>;
  await run(PYTHON, ["-m", "infra.access", ...command(people[name]?.user_id ?? "")], {
    cwd: REPOSITORY,
    env: { ...process.env, LLM_OBSERVE_STATE_DIR: stateDir, SUPABASE_URL: "" },
  });
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { redirect: "manual" }).then(
    () => true,
    () => false,
  );
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  await Promise.race([
    ended,
    wait(STOP_MS, undefined, { ref: false }).then(() => Promise.reject(new Error("SIGTERM was ignored."))),
  ]);
}
