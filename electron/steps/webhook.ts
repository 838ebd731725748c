/** Tells another program that something happened. Without a URL it only leaves a line in the run's log. */
import { z } from "zod";
import { exchange, method, requestFields } from "./http-request.ts";
import { CAPABILITY, defineStep, ok } from "./step-type.ts";

const schema = z.strictObject({
  url: z.string().nullish().describe("http or https; without it nothing is sent"),
  method: method.default("POST"),
  follow_redirects: z.boolean().default(false),
  include_outputs: z.boolean().default(true).describe("Without a body, send the outputs of the step before"),
  ...requestFields,
});

export const webhook = defineStep({
  type: "webhook",
  title: "Webhook",
  group: "network",
  description:
    "Sends JSON to a web address. Gives `dispatched`, `status_code`, and `response_json` or `response_text`.",
  schema,
  example: { url: "https://example.com/hook", body: { event: "done" } },
  capability: CAPABILITY.external,
  inner: true,
  execute(context) {
    const { url, include_outputs, ...config } = context.config;
    if (!url) {
      context.log("info", "A webhook step without a URL: nothing was sent.");
      return ok({ dispatched: true });
    }
    const body = config.body ?? config.data ?? (include_outputs ? (context.last ?? undefined) : undefined);
    return exchange(context, { ...config, body, url });
  },
});
