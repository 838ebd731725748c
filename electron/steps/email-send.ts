/** Sends a mail through an SMTP server of the person's choice. */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { z } from "zod";
import { asText, fromLast } from "./fields.ts";
import { namedSecret, SECRET_NAME } from "./named-secret.ts";
import { cancellable } from "./network-failure.ts";
import { readRegular, requireRegular } from "./regular-file.ts";
import { deliver, type Mail } from "./smtp.ts";
import { CAPABILITY, defineStep, failed, ok, type StepContext, StepError, type StepResult } from "./step-type.ts";

const addresses = z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(500)]);

const schema = z.strictObject({
  to: addresses.describe("One address, several between commas, or a list"),
  cc: addresses.optional(),
  bcc: addresses.optional(),
  subject: z.string().default(""),
  body: z.string().optional().describe("The text; that of the step before if not given"),
  html: z.boolean().default(false).describe("The body is HTML"),
  from_addr: z.string().min(1).optional().describe("The sender; smtp_user if not given"),
  attachments: z
    .array(
      z.union([z.string().min(1), z.strictObject({ path: z.string().min(1), name: z.string().min(1).optional() })]),
    )
    .max(50)
    .default([])
    .describe("Files: paths inside the run's folder or in approved ones; at most 25 MB together"),
  smtp_host: z.string().min(1),
  smtp_port: z.int().min(1).max(65_535).default(587),
  smtp_user: z.string().min(1).optional(),
  secret_ref: z.string().regex(SECRET_NAME, "must be the name of a secret").optional().describe("The password's name"),
  tls: z
    .enum(["auto", "tls", "starttls", "none"])
    .default("auto")
    .describe("auto: TLS on 465; else STARTTLS, which only port 25 without a user may do without"),
  timeout_seconds: z.number().positive().max(600).default(30),
});
type Config = z.output<typeof schema>;

export const emailSend = defineStep({
  type: "email_send",
  title: "Send a mail",
  group: "network",
  description: "Sends a mail by SMTP. Gives `sent`, `recipients`, `rejected` and `message_id`.",
  schema,
  example: {
    to: "ada@example.com",
    subject: "Report",
    body: "It is ready.",
    from_addr: "me@example.com",
    smtp_host: "smtp.example.com",
  },
  capability: CAPABILITY.external,
  inner: true,
  execute(context) {
    if (context.testMode) return ok({ sent: false, dispatched: false, test_mode: true });
    return cancellable(context.signal, () => send(context));
  },
});

async function send(context: StepContext<Config>): Promise<StepResult> {
  const { config } = context;
  const from = config.from_addr ?? config.smtp_user;
  if (!from?.includes("@")) {
    return failed("validation_error", "The mail has no sender.", { hint: "Set from_addr to a mail address." });
  }
  const mail: Mail = {
    from,
    to: listOf(config.to),
    cc: listOf(config.cc),
    bcc: listOf(config.bcc),
    subject: config.subject,
    body: config.body ?? asText(fromLast(context.last, ["text", "html", "markdown"])),
    isHtml: config.html,
    attachments: await filesOf(context),
    messageId: "",
  };
  const password = config.secret_ref === undefined ? null : await namedSecret(context, config.secret_ref);
  const user = config.smtp_user;
  const sent = await deliver(
    context,
    {
      host: config.smtp_host,
      port: config.smtp_port,
      auth: user && password !== null ? { user, password } : null,
      tls: config.tls,
      timeoutMs: Math.ceil(config.timeout_seconds * 1000),
    },
    { ...mail, messageId: messageIdOf(context.idempotencyKey, mail) },
  );
  if (sent.rejected.length > 0) context.log("warning", `The server refused ${sent.rejected.join(", ")}.`);
  return ok({ sent: true, recipients: sent.accepted, rejected: sent.rejected, message_id: sent.messageId });
}

const listOf = (written: string | string[] | undefined): string[] => (written === undefined ? [] : [written].flat());

/** The same for a repeat of the same mail, so that a mailbox can tell; the mail is part of it, for many go out of one map. */
function messageIdOf(idempotencyKey: string, { to, cc, bcc, subject, body }: Mail): string {
  const told = JSON.stringify([idempotencyKey, to, cc, bcc, subject, body]);
  return `<${createHash("sha256").update(told).digest("hex").slice(0, 40)}@workflows.invalid>`;
}

const MAX_ATTACHED_BYTES = 25 * 1024 * 1024;

async function filesOf({ config, files }: StepContext<Config>): Promise<Mail["attachments"]> {
  const attached: Mail["attachments"] = [];
  let total = 0;
  for (const one of config.attachments) {
    const { path, name } = typeof one === "string" ? { path: one, name: undefined } : one;
    const file = await files.resolve(path, "read");
    total += (await requireRegular(file, path)).size;
    if (total > MAX_ATTACHED_BYTES) {
      throw new StepError("file_error", `The attachments have more than ${MAX_ATTACHED_BYTES / 2 ** 20} MB together.`, {
        hint: "Send a link instead, or pack them with zip.",
        retryable: false,
      });
    }
    attached.push({ filename: name ?? basename(file), content: await readRegular(file, path, MAX_ATTACHED_BYTES) });
  }
  return attached;
}
