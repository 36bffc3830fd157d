// The protocol of drive.py: a line on stdin names a scenario, a line on stdout answers `lived` once
// its spans have left, or `failed` with the reason.

import { createInterface } from "node:readline";

export async function drive(calls, flush) {
  for await (const line of createInterface({ input: process.stdin })) {
    let answer = "lived";
    try {
      await calls[line.trim()]();
      // Spans of a stream end after its last part.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await flush();
    } catch (error) {
      console.error(error);
      answer = `failed ${error}`.split("\n")[0];
    }
    process.stdout.write(`${answer}\n`);
  }
}
