/** email_send against a real mail server on this machine. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type SmtpTestServer, smtpServer } from "../support/smtp-server.ts";
import { OPEN_EGRESS, stepBench } from "../support/step-context.ts";

const bench = await stepBench();
const open: SmtpTestServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function listening(answers?: Record<string, string>): Promise<SmtpTestServer> {
  const server = await smtpServer(answers);
  open.push(server);
  return server;
}

const mail = (server: { port: number }, more: Record<string, unknown> = {}) => ({
  to: "ada@example.com",
  subject: "Grüße",
  body: "It is ready.",
  from_addr: "me@example.com",
  smtp_host: "127.0.0.1",
  smtp_port: server.port,
  tls: "none",
  ...more,
});

test("a mail arrives, with its text, its attachment and everyone it is for", async () => {
  const server = await listening();
  await writeFile(join(bench.folder, "data.csv"), "a,b\n1,2\n");
  const result = await bench.run(
    "email_send",
    mail(server, {
      to: ["ada@example.com", "Bob <bob@example.com>"],
      bcc: "eve@example.com",
      attachments: ["data.csv", { path: "data.csv", name: "again.csv" }],
    }),
  );
  expect(result).toMatchObject({
    status: "ok",
    outputs: { sent: true, recipients: ["ada@example.com", "bob@example.com", "eve@example.com"], rejected: [] },
  });
  const [taken] = server.mails;
  expect(taken?.to).toEqual(["<ada@example.com>", "<bob@example.com>", "<eve@example.com>"]);
  expect(taken?.source).toContain("It is ready.");
  expect(taken?.source).toContain("filename=data.csv");
  expect(taken?.source).toContain("filename=again.csv");
  expect(taken?.source).toContain(Buffer.from("a,b\n1,2\n").toString("base64"));
  expect(taken?.source).not.toContain("eve@example.com");
});

test("HTML goes as HTML, and without a body the text of the step before goes", async () => {
  const server = await listening();
  await bench.run("email_send", mail(server, { body: "<p>Hi</p>", html: true }));
  expect(server.mails[0]?.source).toMatch(/Content-Type: text\/html[\s\S]*<p>Hi<\/p>/);
  await bench.run("email_send", mail(server, { body: undefined }), { last: { text: "from before" } });
  expect(server.mails[1]?.source).toContain("from before");
});

test("a repeat of the same mail carries the same id; another mail of the same step another one", async () => {
  const server = await listening();
  const ids: unknown[] = [];
  for (const body of ["one", "one", "two"]) {
    const result = await bench.run("email_send", mail(server, { body }));
    ids.push(result.status === "ok" && result.outputs.message_id);
  }
  expect(ids[0]).toBe(ids[1]);
  expect(ids[2]).not.toBe(ids[0]);
  expect(server.mails[0]?.source).toContain(`Message-ID: ${ids[0]}`);
});

test("logs in with a named secret; a password is never said on an open line unless that is asked for", async () => {
  const server = await listening();
  const overrides = { secret: async (name: string) => (name === "mail" ? "pa ss" : null) };
  const login = { smtp_user: "me@example.com", secret_ref: "mail" };
  expect(await bench.run("email_send", mail(server, login), { overrides })).toMatchObject({ status: "ok" });
  expect(server.logins).toEqual(["me@example.com:pa ss"]);
  expect(await bench.run("email_send", mail(server, { ...login, tls: "auto" }), { overrides })).toMatchObject({
    failure: { code: "smtp_failed", retryable: false, hint: expect.stringContaining("465") },
  });
  expect(server.logins).toHaveLength(1);
  expect(await bench.run("email_send", mail(server, { ...login, secret_ref: "none" }), { overrides })).toMatchObject({
    failure: { code: "secret_unavailable" },
  });
});

test.each([
  ["a refusal for good", { "MAIL FROM": "550 not you" }, "smtp_failed", false],
  ["a refusal for now", { "MAIL FROM": "451 later, please" }, "smtp_failed", true],
  ["all recipients refused", { "RCPT TO": "550 nobody here" }, "smtp_failed", false],
  ["a wrong password", { AUTH: "535 no" }, "smtp_failed", false],
])("%s", async (_, answers, code, retryable) => {
  const server = await listening(answers as unknown as Record<string, string>);
  const config = mail(server, { smtp_user: "me@example.com", secret_ref: "mail" });
  expect(await bench.run("email_send", config, { overrides: { secret: async () => "x" } })).toMatchObject({
    status: "failed",
    failure: { code, retryable },
    outputs: { error: code, sent: false },
  });
  expect(server.mails).toEqual([]);
});

test("one refused recipient does not stop the others, and is told", async () => {
  const server = await listening({ "RCPT TO:<gone@": "550 gone" });
  const result = await bench.run("email_send", mail(server, { to: "ada@example.com, gone@example.com" }));
  expect(result).toMatchObject({ outputs: { recipients: ["ada@example.com"], rejected: ["gone@example.com"] } });
  expect(bench.logs.at(-1)).toMatchObject({ level: "warning", message: expect.stringContaining("gone@example.com") });
});

test("a server that falls silent is a timeout, and a cancel ends the conversation", async () => {
  const server = await listening({ "MAIL FROM": "silence" });
  expect(await bench.run("email_send", mail(server, { timeout_seconds: 0.2 }))).toMatchObject({
    failure: { code: "timeout", retryable: true },
  });
  const cancel = new AbortController();
  const sending = bench.run("email_send", mail(server), { signal: cancel.signal });
  await expect.poll(() => server.connections()).toBe(2);
  cancel.abort();
  expect(await sending).toEqual({ status: "cancelled" });
});

test("the policy is asked first: where it says no, nobody is called", async () => {
  const server = await listening();
  const closed = await stepBench({ egress: { ...OPEN_EGRESS, blockPrivate: true } });
  expect(await closed.run("email_send", mail(server))).toMatchObject({
    failure: { code: "blocked_egress", retryable: false },
    outputs: { reason: "address_forbidden" },
  });
  const fewPorts = await stepBench({ egress: { ...OPEN_EGRESS, allowedPorts: ["443"] } });
  expect(await fewPorts.run("email_send", mail(server, { smtp_port: 587 }))).toMatchObject({
    outputs: { reason: "port_not_allowed" },
  });
  expect(await bench.run("email_send", mail(server, { smtp_host: "mail.nowhere.invalid" }))).toMatchObject({
    failure: { code: "offline", retryable: true },
  });
  expect(server.connections()).toBe(0);
});

test("a mail without a sender, or with a file out of reach, is not sent", async () => {
  const server = await listening();
  expect(await bench.run("email_send", mail(server, { from_addr: undefined }))).toMatchObject({
    failure: { code: "validation_error" },
  });
  expect(await bench.run("email_send", mail(server, { attachments: ["/etc/hostname"] }))).toMatchObject({
    failure: { code: "file_access_denied" },
  });
  expect(await bench.run("email_send", mail(server), { overrides: { testMode: true } })).toMatchObject({
    outputs: { sent: false, test_mode: true },
  });
  expect(server.connections()).toBe(0);
});
