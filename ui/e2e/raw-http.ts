import { readFileSync } from "node:fs";
import { request as open, type IncomingHttpHeaders } from "node:http";

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Bytes of the body that had been handed to the socket when the answer came. */
  sent: number;
}

export interface RawRequest {
  method?: string;
  headers?: Record<string, string>;
  /** A body of as many bytes, written chunk by chunk until it is answered. */
  bodyBytes?: number;
  /** Leaves the body unfinished. */
  endless?: boolean;
}

const CHUNK = Buffer.alloc(64 * 1024, "x");

const MOST_TRIES = 8;

/**
 * One request with exactly these headers, which neither fetch nor a browser would send. Who writes
 * on into a connection that was closed may lose the answer to it, and then asks again.
 */
export async function send(url: string, request: RawRequest = {}): Promise<RawAnswer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await sendOnce(url, request);
    } catch (error) {
      const hungUp = ["EPIPE", "ECONNRESET"].includes((error as NodeJS.ErrnoException).code ?? "");
      if (!hungUp || tries === MOST_TRIES) throw error;
    }
  }
}

function sendOnce(url: string, { method = "GET", headers = {}, bodyBytes = 0, endless = false }: RawRequest) {
  return new Promise<RawAnswer>((resolve, reject) => {
    let sent = 0;
    let answered = false;
    const request = open(url, { method, headers: { connection: "close", ...headers } }, (response) => {
      answered = true;
      const atAnswer = sent;
      const chunks: Buffer[] = [];
      const finish = () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
          sent: atAnswer,
        });
        request.destroy();
      };
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", finish).on("error", finish);
    });
    // The server hangs up on a body that it does not want, also while it is being written.
    request.on("error", (error) => (answered ? undefined : reject(error)));
    // Between two chunks it looks for the answer, which is lost once it has written behind it.
    const write = () => {
      if (answered || request.destroyed) return;
      if (sent >= bodyBytes) return void (endless || request.end());
      sent += CHUNK.length;
      if (request.write(CHUNK)) setTimeout(write, 1);
      else request.once("drain", () => setTimeout(write, 1));
    };
    if (bodyBytes === 0 && !endless) request.end();
    else {
      request.flushHeaders();
      write();
    }
  });
}

/** The most memory that a process ever had resident, in bytes. Linux only. */
export function readPeakMemory(pid: number): number {
  const [, kilobytes = "0"] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}
