import type { NextConfig } from "next";

import { isDeployed, LOCAL_HOSTS, readNamedHosts } from "./src/lib/door";
import { CLOSED_POLICY, listHeaders } from "./src/lib/response-headers";

const closedPolicy = [{ key: "Content-Security-Policy", value: CLOSED_POLICY }];

/** How HTTP/1.1 announces a body; src/proxy.ts has the same two. */
const BODY_SIGNS = [{ key: "content-length", value: "[1-9]\\d*" }, { key: "transfer-encoding" }];

const nextConfig: NextConfig = {
  output: "standalone",
  // Without these a lock file above ui/ would move server.js into a subfolder of the output.
  outputFileTracingRoot: import.meta.dirname,
  turbopack: { root: import.meta.dirname },
  poweredByHeader: false,
  allowedDevOrigins: [...LOCAL_HOSTS, ...readNamedHosts(process.env)],
  // Next would read a body whole before src/proxy.ts is asked, so that one never sees any.
  rewrites: async () => ({
    beforeFiles: BODY_SIGNS.map((sign) => ({
      source: "/:path((?!api/v1/|api/auth/|_next/).*)",
      has: [{ type: "header", ...sign }],
      destination: "/api/no-body",
    })),
    afterFiles: [],
    fallback: [],
  }),
  experimental: { proxyClientMaxBodySize: 1024 },
  headers: async () => [
    { source: "/:path*", headers: listHeaders({ deployed: isDeployed(process.env) }) },
    // Pages get theirs, with a nonce, from src/proxy.ts.
    { source: "/api/v1/:path*", headers: closedPolicy },
    { source: "/api/auth/:path*", headers: closedPolicy },
    { source: "/_next/static/:path*", headers: closedPolicy },
  ],
};

export default nextConfig;
