interface ResponseHeader {
  key: string;
  value: string;
}

/** The browser's abilities that the dashboard uses: nothing but writing to the clipboard. */
const UNUSED_FEATURES = [
  "accelerometer",
  "autoplay",
  "browsing-topics",
  "camera",
  "display-capture",
  "encrypted-media",
  "fullscreen",
  "geolocation",
  "gyroscope",
  "hid",
  "identity-credentials-get",
  "idle-detection",
  "local-fonts",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "picture-in-picture",
  "publickey-credentials-get",
  "screen-wake-lock",
  "serial",
  "storage-access",
  "usb",
  "xr-spatial-tracking",
];

/** Headers of every answer. HTTPS is pinned only where the platform speaks it: RFC 6797, 7.2. */
export function listHeaders({ deployed }: { deployed: boolean }): ResponseHeader[] {
  const pinned = { key: "Strict-Transport-Security", value: "max-age=63072000; includeSubDomains" };
  return [
    { key: "X-Content-Type-Options", value: "nosniff" },
    { key: "Referrer-Policy", value: "same-origin" },
    { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
    { key: "Cross-Origin-Resource-Policy", value: "same-origin" },
    { key: "Permissions-Policy", value: UNUSED_FEATURES.map((feature) => `${feature}=()`).join(", ") },
    ...(deployed ? [pinned] : []),
  ];
}

/** The policy of an answer that is no page. */
export const CLOSED_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Sonner writes its styles into the page, into an element that is empty at first: the hash of each. */
export const TOAST_STYLES = [
  "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
  "'sha256-StEaX+se6YS7pqjzrzMIA0KaX9zF/8zAhvQXZAe5epY='",
];

/**
 * A page's policy: only scripts that this answer names run, and those that they load themselves
 * (https://www.w3.org/TR/CSP3/#strict-dynamic-usage). Nothing comes from, or goes to, another host.
 */
export function writePagePolicy(nonce: string, { development }: { development: boolean }): string {
  // React's development build needs eval for its stack traces, Next's overlay its own styles.
  const styles = development ? "'unsafe-inline'" : [`'nonce-${nonce}'`, ...TOAST_STYLES].join(" ");
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ""}`,
    `style-src-elem 'self' ${styles}`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
