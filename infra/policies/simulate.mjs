// Says of each request whether IAM would allow it: an array of simulations in, of verdicts out.
import { runSimulation } from "@cloud-copilot/iam-simulate";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);

const verdicts = [];
for (const simulation of JSON.parse(Buffer.concat(chunks).toString("utf8"))) {
  const answer = await runSimulation(simulation, {});
  if (answer.resultType === "error") {
    // A request that AWS has no such action or resource for proves nothing, allowed or not.
    process.stderr.write(`${JSON.stringify(simulation.request)}: ${JSON.stringify(answer.errors)}\n`);
    process.exit(1);
  }
  verdicts.push(answer.overallResult);
}
process.stdout.write(JSON.stringify(verdicts));
