/** The network steps in whole runs: the real engine, its policy, its compute threads, and servers on this machine. */
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { localServer } from "../support/local-server.ts";
import { modelServer } from "../support/model-server.ts";
import { startApp } from "../support/running-app.ts";
import { smtpServer } from "../support/smtp-server.ts";

const OPEN = { WORKFLOWS_EGRESS_BLOCK_PRIVATE: "false", WORKFLOWS_EGRESS_ALLOWED_PORTS: "any" };
const FEED =
  '<rss version="2.0"><channel><title>n</title><item><title>Rain</title><guid>1</guid><description>All day</description></item></channel></rss>';

test("news come in, a model judges them, and a mail goes out", async () => {
  const feed = await localServer((_, response) => response.writeHead(200, { "content-type": "text/xml" }).end(FEED));
  const model = await modelServer({ text: '{"sentiment":"negative","score":-0.5,"confidence":0.9}' });
  const mail = await smtpServer();
  onTestFinished(async () => void (await Promise.all([feed.close(), model.close(), mail.close()])));
  const app = await startApp({ env: OPEN });
  const steps = [
    { id: "news", type: "rss_fetch", config: { urls: feed.url, only_new: true } },
    { id: "mood", type: "sentiment_analyze", config: { model: "tiny", base_url: model.url, text: "{{ news.text }}" } },
    {
      id: "tell",
      type: "email_send",
      config: {
        to: "ada@example.com",
        from_addr: "me@example.com",
        subject: "Mood",
        body: "{{ mood.sentiment }} ({{ news.count }})",
        smtp_host: "127.0.0.1",
        smtp_port: mail.port,
        tls: "none",
      },
    },
  ];
  expect(await app.run({ name: "mood", steps })).toMatchObject({ status: "succeeded", outputs: { sent: true } });
  expect(mail.mails[0]?.source).toContain("negative (1)");
  // The next run of the same workflow has nothing new to tell.
  const again = { name: "mood", version: 2, steps: steps.slice(0, 1) };
  expect(await app.run(again)).toMatchObject({ status: "succeeded", outputs: { count: 0 } });
});

test("a tool server runs in the run's own folder, and a model on this machine is refused unless it is allowed", async () => {
  const model = await modelServer({ text: "hi" });
  onTestFinished(() => model.close());
  const app = await startApp();
  const tool = {
    command: process.execPath,
    args: [join(import.meta.dirname, "../support/tool-server.ts")],
    tool_name: "add",
    arguments: { a: 20, b: 22 },
  };
  expect(
    await app.run({ name: "tool", steps: [{ id: "t", type: "mcp_tool", config: tool, timeout_seconds: 30 }] }),
  ).toMatchObject({ status: "succeeded", outputs: { result: { sum: 42 } } });
  const ask = { model: "tiny", prompt: "hi", base_url: model.url };
  expect(await app.run({ name: "ask", steps: [{ id: "a", type: "llm", config: ask, retry: 3 }] })).toMatchObject({
    status: "failed",
    outputs: { error: "blocked_egress" },
  });
  expect(model.asked).toEqual([]);
});
