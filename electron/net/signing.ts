/** The one signature recipe: HMAC-SHA256 over `{timestamp}.{body}`, for hooks and for steps alike. */
import { createHmac } from "node:crypto";

/** Headers that let a receiver check who sent a body and when. `timestamp` is in whole seconds since 1970. */
export function signatureHeaders(secret: string, timestamp: number, body: string): Record<string, string> {
  const digest = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return {
    "X-Signature-Timestamp": String(timestamp),
    "X-Workflows-Signature-Version": "v1",
    "X-Workflows-Signature": digest,
    "X-Hub-Signature-256": `sha256=${digest}`,
  };
}
