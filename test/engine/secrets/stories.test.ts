/** Secrets in runs: steps use them, and afterwards they are nowhere to be found. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { WorkflowDefinitionInput } from "../../../shared/definition.ts";
import type { Run } from "../../../shared/run.ts";
import { startApp, type TestApp } from "../../support/running-app.ts";

/** Planted, and then searched for everywhere. */
const RUN_SECRET = "run-marker-5f1d9c";
const NAMED_SECRET = "named-marker-77ab20";

const start = (app: TestApp, definition: WorkflowDefinitionInput, secrets: Record<string, string>, mode = "sync") =>
  app.api<Run>("POST", `/run?mode=${mode}`, { definition, secrets });

/** Every file below the folder that holds one of the markers, in any form they may take. */
function filesWith(folder: string, markers: readonly string[]): string[] {
  const forms = markers.flatMap((marker) => [marker, Buffer.from(marker).toString("base64").replace(/=+$/, "")]);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .filter((path) => {
      const bytes = readFileSync(path);
      return forms.some((form) => bytes.includes(form));
    });
}

test("a secret reaches the step that needs it, and is in no file, reply or event afterwards", async () => {
  const app = await startApp({ env: { WORKFLOWS_DEBUG: "1" } });
  expect((await app.api("PUT", "/secrets/NAMED", { value: NAMED_SECRET })).status).toBe(200);
  const { body: run } = await start(
    app,
    {
      name: "careless",
      steps: [
        {
          id: "length",
          type: "shell",
          config: { argv: ["sh", "-c", 'printf "%s" "$TOKEN" | wc -c'], env: { TOKEN: "{{ secrets.token }}" } },
        },
        { id: "echo", type: "shell", config: { argv: ["echo", "{{ secrets.token }} {{ secrets.NAMED }}"] } },
        {
          id: "text",
          type: "prompt",
          config: { template: "{{ secrets.token }} and {{ echo.stdout }}", save_artifact: true },
        },
        { id: "kept", type: "state", config: { action: "set", key: "k", value: "{{ secrets.NAMED }}" } },
        { id: "said", type: "log", config: { message: "token is {{ secrets.token }}" } },
        { id: "ask", type: "wait_for_approval", config: { instructions: "Use {{ secrets.token }}?" } },
        { id: "broken", type: "fail", config: { message: "{{ secrets.token }} was refused" } },
      ],
    },
    { token: RUN_SECRET },
  );
  expect(run.status).toBe("waiting_approval");
  const [length] = await app.steps(run.run_id);
  expect(length).toMatchObject({
    status: "succeeded",
    outputs: { stdout: expect.stringContaining(String(RUN_SECRET.length)) },
  });
  const replies = JSON.stringify([
    run,
    await app.steps(run.run_id),
    await app.events(run.run_id),
    (await app.api("GET", "/approvals")).body,
  ]);
  expect(replies).toContain("[secret token]");
  await app.api("POST", `/runs/${run.run_id}/steps/ask/approve`);
  const ended = await app.until(run.run_id, "failed");
  expect(ended.error).toBe("[secret token] was refused");
  const backup = await app.api<{ status: string }>("POST", "/ops/backups?wait=true", {});
  expect(backup.body.status).toBe("verified");
  await app.stop();
  expect(replies + JSON.stringify(ended)).not.toMatch(new RegExp(`${RUN_SECRET}|${NAMED_SECRET}`));
  expect(filesWith(app.dataDir, [RUN_SECRET, NAMED_SECRET])).toEqual([]);
});

test("a run's secrets outlive a restart while it waits, and are wiped when it ends", async () => {
  const definition = {
    name: "patient",
    steps: [
      { id: "ask", type: "wait_for_approval", config: {} },
      {
        id: "use",
        type: "shell",
        config: { argv: ["sh", "-c", 'test "$T" = "run-marker-5f1d9c"'], env: { T: "{{ secrets.token }}" } },
      },
    ],
  };
  const first = await startApp();
  const { body: run } = await start(first, definition, { token: RUN_SECRET });
  await first.stop();
  const second = await startApp({ dataDir: first.dataDir });
  await second.api("POST", `/runs/${run.run_id}/steps/ask/approve`);
  expect((await second.until(run.run_id, "succeeded", "failed")).status).toBe("succeeded");
  await second.stop();
  const sealed = JSON.parse(readFileSync(join(first.dataDir, "Databases", "secrets.sealed"), "utf8"));
  expect(sealed.runs).toEqual({});
});

test("cancelling a parked run wipes its secrets too", async () => {
  const app = await startApp();
  const { body: run } = await start(
    app,
    { name: "asks", steps: [{ id: "ask", type: "wait_for_approval", config: {} }] },
    { token: RUN_SECRET },
  );
  await app.control(run.run_id, "cancel");
  const sealed = JSON.parse(readFileSync(join(app.dataDir, "Databases", "secrets.sealed"), "utf8"));
  expect(sealed.runs).toEqual({});
});

test("names are listed, values never; a missing secret fails the step by name", async () => {
  const app = await startApp();
  await app.api("PUT", "/secrets/SMTP_PASSWORD", { value: NAMED_SECRET });
  expect((await app.api("GET", "/secrets")).body).toEqual({ names: ["SMTP_PASSWORD"] });
  const run = await app.run({
    name: "asks",
    steps: [{ id: "a", type: "prompt", config: { template: "{{ secrets.OTHER }}" } }],
  });
  expect(run).toMatchObject({ status: "failed", error_code: "template_error" });
  expect(run.error).toContain("secrets.OTHER is not defined");
  expect((await app.api("DELETE", "/secrets/SMTP_PASSWORD")).status).toBe(200);
  expect((await app.api("DELETE", "/secrets/SMTP_PASSWORD")).status).toBe(404);
  expect((await app.api("PUT", "/secrets/not%20a%20name", { value: "x" })).status).toBe(422);
});
