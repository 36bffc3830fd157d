import { CLOSED_POLICY } from "@/lib/response-headers";

export const dynamic = "force-dynamic";

/** Answers whatever sends a body to a page, and hangs up on the rest of it: next.config.ts leads here. */
function refuse(): Response {
  return new Response("A page takes no body. Use GET without one.\n", {
    status: 405,
    headers: {
      allow: "GET, HEAD",
      connection: "close",
      "content-security-policy": CLOSED_POLICY,
      "content-type": "text/plain; charset=utf-8",
    },
  });
}

export { refuse as DELETE, refuse as GET, refuse as OPTIONS, refuse as PATCH, refuse as POST, refuse as PUT };
