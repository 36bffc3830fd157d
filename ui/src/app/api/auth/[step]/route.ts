import { refuse } from "@/lib/answers";
import { readLogin } from "@/lib/session/request";
import { LINKED, POSTED, type Step } from "@/lib/session/steps";

export const dynamic = "force-dynamic";

type Context = RouteContext<"/api/auth/[step]">;

async function run(steps: ReadonlyMap<string, Step>, request: Request, { params }: Context): Promise<Response> {
  const login = await readLogin(request);
  if ("status" in login) return refuse(login);
  const step = steps.get((await params).step);
  if (!step) return refuse({ status: 404, code: "not_found", message: "The log-in has no such step." });
  return step(login);
}

export const GET = (request: Request, context: Context) => run(LINKED, request, context);
export const POST = (request: Request, context: Context) => run(POSTED, request, context);
