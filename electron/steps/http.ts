/** Asks a web address and gives its answer. */
import { z } from "zod";
import { exchange, method, requestFields } from "./http-request.ts";
import { CAPABILITY, defineStep } from "./step-type.ts";

const schema = z.strictObject({
  url: z.string().min(1).describe("http or https"),
  method: method.default("GET"),
  follow_redirects: z.boolean().default(true).describe("Each address is judged anew; credentials stay with the first"),
  ...requestFields,
});

export const http = defineStep({
  type: "http",
  title: "HTTP request",
  group: "network",
  description:
    "Sends a request. Gives `status_code` and `response_json` or `response_text`. An answer of 400 or more is a failure.",
  schema,
  example: { url: "https://example.com/", timeout_seconds: 10 },
  capability: CAPABILITY.external,
  inner: true,
  execute: (context) => exchange(context, context.config),
});
