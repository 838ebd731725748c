/** The host contract, told through the shipped headless host: a process, its two streams, its folder, its exit code. */

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runHeadless, spawnHeadless } from "../../support/headless.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test("the ready line is alone on stdout, and tells where the host answers", async () => {
  const dataDir = await tempFolder();
  const host = await spawnHeadless({ dataDir });

  expect(host.ready).toMatchObject({ ready: true, data_dir: dataDir, kind: "headless" });
  expect(host.ready.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(host.ready.since).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/);
  expect(host.ready.token.length).toBeGreaterThanOrEqual(32);
  expect((await host.fetch("/healthz")).status).toBe(200);

  host.kill("SIGTERM");
  const { stdout } = await host.exited;
  expect(stdout).toBe(`${JSON.stringify(host.ready)}\n`);
});

test("server.json says the same, for this user only, and goes with the host", async () => {
  const dataDir = await tempFolder();
  const host = await spawnHeadless({ dataDir });
  const path = join(dataDir, "server.json");

  expect(JSON.parse(await readFile(path, "utf8"))).toEqual(host.ready);
  expect(await mode(path)).toBe(0o600);

  host.kill("SIGTERM");
  await host.exited;
  expect(existsSync(path)).toBe(false);
});

test("the data folder is made with everything in it, closed to other users", async () => {
  const dataDir = join(await tempFolder(), "new", "folder");
  await spawnHeadless({ dataDir });

  for (const folder of ["", "Databases", "Databases/artifacts", "Databases/backups", "logs"]) {
    expect(await mode(join(dataDir, folder)), folder || "the data folder").toBe(0o700);
  }
  expect(existsSync(join(dataDir, "Databases/workflows.db"))).toBe(true);
  expect(await mode(join(dataDir, "host.lock"))).toBe(0o600);
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s drains and ends with 0", async (signal) => {
  const host = await spawnHeadless({ dataDir: await tempFolder() });
  host.kill(signal);
  expect(await host.exited).toMatchObject({ code: 0, signal: null });
});

test("a second host on the same folder says who holds it and exits 3; the first goes on", async () => {
  const dataDir = await tempFolder();
  const first = await spawnHeadless({ dataDir });

  const second = await runHeadless(["--data-dir", dataDir, "--ready-json"]);

  expect(second.code).toBe(3);
  expect(second.stdout).toBe("");
  expect(second.stderr).toContain(
    `in use by the headless host with process id ${first.ready.pid}, since ${first.ready.since}`,
  );
  expect((await first.fetch("/healthz")).status).toBe(200);
  expect(existsSync(join(dataDir, "server.json"))).toBe(true);
});

test("without --ready-json the refusal also gives the holder's address to the person", async () => {
  const dataDir = await tempFolder();
  const first = await spawnHeadless({ dataDir });
  const second = await runHeadless(["--data-dir", dataDir]);
  expect(second.stderr).toContain(`${first.ready.url}/#token=${first.ready.token}`);
});

test("a holder that does not answer is not given as an address", async () => {
  const dataDir = await tempFolder();
  const first = await spawnHeadless({ dataDir });
  first.kill("SIGSTOP");

  const second = await runHeadless(["--data-dir", dataDir]);

  expect(second.code).toBe(3);
  expect(second.stderr).toContain(`It does not answer at ${first.ready.url}.`);
  expect(second.stderr).not.toContain("It answers at");
  expect(second.stderr).not.toContain(first.ready.token);
});

test.runIf(process.platform === "linux")("a data folder that cannot be made is refused at once", async () => {
  const refused = await runHeadless(["--data-dir", "/proc/x"]);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain("The data folder /proc/x cannot be used");
});

test("a database where a folder is leaves nothing beside it", async () => {
  const [dataDir, elsewhere] = [await tempFolder(), await tempFolder()];
  await mkdir(join(elsewhere, "taken.db"));
  const refused = await runHeadless(["--data-dir", dataDir], { DATABASE_URL_WORKFLOWS: join(elsewhere, "taken.db") });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("is a folder");
  expect(await readdir(elsewhere)).toEqual(["taken.db"]);
});

test("nothing that a host makes is open to other users", async () => {
  const dataDir = await tempFolder();
  const host = await spawnHeadless({ dataDir });
  host.kill("SIGTERM");
  await host.exited;
  const made = await readdir(dataDir, { recursive: true });
  const open = [];
  for (const path of made) if ((await mode(join(dataDir, path))) & 0o077) open.push(path);
  expect(open).toEqual([]);
});

test("a folder whose host was killed can be started again at once", async () => {
  const dataDir = await tempFolder();
  const killed = await spawnHeadless({ dataDir });
  killed.kill("SIGKILL");
  await killed.exited;
  expect(existsSync(join(dataDir, "server.json"))).toBe(true);

  const next = await spawnHeadless({ dataDir });

  expect(next.ready.pid).not.toBe(killed.ready.pid);
  expect(JSON.parse(await readFile(join(dataDir, "server.json"), "utf8"))).toEqual(next.ready);
});

test("a folder whose host ended can be started again, with a new token", async () => {
  const dataDir = await tempFolder();
  const first = await spawnHeadless({ dataDir });
  first.kill("SIGTERM");
  await first.exited;
  const second = await spawnHeadless({ dataDir });
  expect(second.ready.token).not.toBe(first.ready.token);
});

test("the flag for the data folder wins over the variable", async () => {
  const [flagged, named] = [await tempFolder(), join(await tempFolder(), "unused")];
  const host = await spawnHeadless({ dataDir: flagged, env: { WORKFLOWS_DATA_DIR: named } });
  expect(host.ready.data_dir).toBe(flagged);
  expect(existsSync(named)).toBe(false);
});

test("the token can be given, and only that one opens the API", async () => {
  const host = await spawnHeadless({ dataDir: await tempFolder(), env: { WORKFLOWS_API_TOKEN: "a-token-of-my-own" } });
  expect(host.ready.token).toBe("a-token-of-my-own");
  const path = "/api/v1/workflows/runs";
  expect((await host.fetch(path)).status).toBe(200);
  expect((await fetch(host.ready.url + path)).status).toBe(401);
});

test("two data folders cannot share one database", async () => {
  const [owner, guest] = [await tempFolder(), await tempFolder()];
  await spawnHeadless({ dataDir: owner });
  const url = `sqlite:///${join(owner, "Databases/workflows.db")}`;

  const refused = await runHeadless(["--data-dir", guest, "--ready-json"], { DATABASE_URL_WORKFLOWS: url });

  expect(refused).toMatchObject({ code: 3, stdout: "" });
  expect(refused.stderr).toContain("is in use by another host");
});

test("a database may lie elsewhere, and is locked there as well", async () => {
  const [first, second, elsewhere] = [await tempFolder(), await tempFolder(), await tempFolder()];
  const env = { DATABASE_URL_WORKFLOWS: join(elsewhere, "history.db") };
  await spawnHeadless({ dataDir: first, env });
  expect(existsSync(join(elsewhere, "history.db"))).toBe(true);
  expect(existsSync(join(first, "Databases/workflows.db"))).toBe(false);
  expect(await runHeadless(["--data-dir", second], env)).toMatchObject({ code: 3 });
});

test("a database address of an unknown kind is refused in words that do not repeat its password", async () => {
  const dataDir = await tempFolder();
  const refused = await runHeadless(["--data-dir", dataDir], { DATABASE_URL_WORKFLOWS: "mysql://me:hunter22@host/db" });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('its scheme "mysql" is not known');
  expect(refused.stderr).not.toContain("hunter22");
});

test("a taken port is named, and the folder is free again afterwards", async () => {
  const dataDir = await tempFolder();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as { port: number };

  const refused = await runHeadless(["--data-dir", dataDir, "--port", String(port)]);
  await new Promise((resolve) => other.close(resolve));

  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`Port ${port} is taken by another program.`);
  const host = await spawnHeadless({ dataDir, args: ["--port", String(port)] });
  expect(host.ready.url).toBe(`http://127.0.0.1:${port}`);
});

test("a setting that makes no sense is named on stderr and does not stop the start", async () => {
  const host = await spawnHeadless({ dataDir: await tempFolder(), env: { WORKFLOWS_TENANT_CONCURRENCY: "many" } });
  host.kill("SIGTERM");
  const { stderr } = await host.exited;
  expect(stderr).toContain(
    'WORKFLOWS_TENANT_CONCURRENCY must be a whole number of at least 1; 8 is used instead of "many".',
  );
});

test("the token is on stdout and in server.json, and nowhere else", async () => {
  const dataDir = await tempFolder();
  const host = await spawnHeadless({ dataDir });
  await host.fetch("/api/v1/workflows/runs");
  host.kill("SIGTERM");
  const { stderr } = await host.exited;
  expect(stderr).not.toContain(host.ready.token);
  expect(await readFile(join(dataDir, "logs/workflows.log"), "utf8")).not.toContain(host.ready.token);
});

test.each([
  [["--nope"], "There is no option --nope."],
  [["--port", "http"], '--port must be a number from 0 to 65535, not "http".'],
  [["somewhere"], '"somewhere" is not understood; this command takes options only.'],
  [["--data-dir"], "The option --data-dir is not given as it should be."],
])("%j is refused with a sentence and exit code 2", async (args, sentence) => {
  const { code, stdout, stderr } = await runHeadless(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr.split("\n")[0]).toBe(sentence);
});
