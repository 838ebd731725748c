/** Sends a short message to a chat or another program, by a web address that takes `{text}`. */
import { z } from "zod";
import { exchange, requestFields } from "./http-request.ts";
import { CAPABILITY, defineStep, type Outputs, type StepContext, type StepResult } from "./step-type.ts";

const NO_URL = "notify needs a url: a step cannot show a notification on the desktop";

const schema = z.strictObject({
  url: z.string({ error: NO_URL }).min(1, NO_URL).describe("An incoming webhook, e.g. of Slack"),
  message: z.string().min(1).describe("The text"),
  subject: z.string().optional().describe("Sent along as subject"),
  headers: requestFields.headers,
  timeout_seconds: requestFields.timeout_seconds,
});
type Config = z.output<typeof schema>;

export const notify = defineStep({
  type: "notify",
  title: "Notify",
  group: "network",
  description: "Posts `{text, subject}` as JSON. Gives `dispatched`, `status_code` and `provider` (slack or webhook).",
  schema,
  example: { url: "https://example.com/hook", message: "The report is ready." },
  capability: CAPABILITY.external,
  inner: true,
  async execute(context) {
    if (context.signal.aborted) return { status: "cancelled" };
    return told(await send(context), providerOf(context.config.url));
  },
});

function send(context: StepContext<Config>): Promise<StepResult> {
  const { url, message: text, subject, headers, timeout_seconds } = context.config;
  return exchange(context, {
    url,
    method: "POST",
    headers,
    body: { text, ...(subject === undefined ? {} : { subject }) },
    timeout_seconds,
    follow_redirects: false,
    max_redirects: 0,
    max_bytes: 64 * 1024,
    save_response_json: false,
    save_response_body: false,
  });
}

/** The words that clients look for when nothing was sent; why is in the failure, and a refused address says so itself. */
const NOT_SENT: Outputs = { dispatched: false, error: "Notification dispatch failed" };

function told(result: StepResult, provider: string): StepResult {
  if (result.status === "ok") {
    const { response_json: _json, response_text: _text, content_type: _type, ...outputs } = result.outputs;
    return { ...result, outputs: { ...outputs, provider } };
  }
  if (result.status !== "failed" || result.failure.code === "blocked_egress") return result;
  return { ...result, outputs: result.outputs?.dispatched === true ? { ...result.outputs, provider } : NOT_SENT };
}

function providerOf(url: string): "slack" | "webhook" {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return host === "hooks.slack.com" || host.endsWith(".slack.com") ? "slack" : "webhook";
}
