// Says of each request whether IAM would allow it: an array of simulations in, of verdicts out.
import { runSimulation, runUnsafeSimulation } from "@cloud-copilot/iam-simulate";

// Of API Gateway's actions the simulator knows the resources of REST APIs alone, and would refuse an
// HTTP API's: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
const UNKNOWN_RESOURCES = /^apigateway:/;

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);

const verdicts = [];
for (const simulation of JSON.parse(Buffer.concat(chunks).toString("utf8"))) {
  if (UNKNOWN_RESOURCES.test(simulation.request.action)) {
    verdicts.push(runUnsafeSimulation(simulation, {}));
    continue;
  }
  const answer = await runSimulation(simulation, {});
  if (answer.resultType === "error") {
    // A request that AWS has no such action or resource for proves nothing, allowed or not.
    process.stderr.write(`${JSON.stringify(simulation.request)}: ${JSON.stringify(answer.errors)}\n`);
    process.exit(1);
  }
  verdicts.push(answer.overallResult);
}
process.stdout.write(JSON.stringify(verdicts));
