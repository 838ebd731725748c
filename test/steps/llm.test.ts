/** llm, its presets and embed against a real server on this machine that speaks the OpenAI interface. */
import { afterEach, describe, expect, test } from "vitest";
import { answerJson, type LocalServer, localServer } from "../support/local-server.ts";
import { type ModelServer, modelServer, type Turn } from "../support/model-server.ts";
import { OPEN_EGRESS, stepBench } from "../support/step-context.ts";

const bench = await stepBench();
const open: LocalServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function saying(...turns: Turn[]): Promise<ModelServer> {
  const server = await modelServer(...turns);
  open.push(server);
  return server;
}

const ask = (server: LocalServer, more: Record<string, unknown> = {}) => ({
  model: "tiny",
  prompt: "hello?",
  base_url: `${server.url}/v1`,
  ...more,
});

describe("llm", () => {
  test("asks the model and gives its text, what it used and who answered", async () => {
    const server = await saying({ text: "hi", usage: { prompt_tokens: 3, completion_tokens: 2, cost: 0.25 } });
    const result = await bench.run("llm", ask(server, { system: "Be brief.", temperature: 0.5, max_tokens: 9 }));
    expect(result).toEqual({
      status: "ok",
      outputs: { text: "hi", usage: { input_tokens: 3, output_tokens: 2 }, cost_usd: 0.25, model: "tiny-1" },
    });
    expect(server.asked[0]).toMatchObject({ method: "POST", path: "/v1/chat/completions" });
    expect(server.requests()[0]).toEqual({
      model: "tiny",
      temperature: 0.5,
      max_tokens: 9,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "hello?" },
      ],
    });
  });

  test("takes a conversation, and the server from the settings when the step names none", async () => {
    const server = await saying({ text: "four" });
    const messages = [
      { role: "user", content: "2+2?" },
      { role: "assistant", content: "5" },
      { role: "user", content: "sure?" },
    ];
    const settings = { llm: { baseUrl: `${server.url}/` } };
    expect(await bench.run("llm", { model: "tiny", messages }, { overrides: settings })).toMatchObject({
      outputs: { text: "four" },
    });
    expect(server.asked[0]?.path).toBe("/v1/chat/completions");
    expect(server.requests()[0]).toMatchObject({ messages });
  });

  test("says what to set when there is no server at all, and when the prompt turns out empty", async () => {
    expect(await bench.run("llm", { model: "tiny", prompt: "x" })).toMatchObject({
      failure: {
        code: "llm_not_configured",
        retryable: false,
        hint: expect.stringContaining("WORKFLOWS_LLM_BASE_URL"),
      },
    });
    const prompt = { model: "tiny", prompt: "{{ last.text }}" };
    expect(await bench.run("llm", prompt, { last: { text: " " } })).toMatchObject({
      failure: { code: "missing_prompt", retryable: false },
    });
  });

  test("sends the key of a named secret, and asks nobody when the secret is not there", async () => {
    const server = await saying({ text: "hi" });
    const secret = async (name: string) => (name === "model_key" ? "k-123" : null);
    await bench.run("llm", ask(server, { secret_ref: "model_key" }), { overrides: { secret } });
    expect(server.asked[0]?.headers.authorization).toBe("Bearer k-123");
    expect(await bench.run("llm", ask(server, { secret_ref: "other" }), { overrides: { secret } })).toMatchObject({
      failure: { code: "secret_unavailable", retryable: false },
    });
    expect(server.asked).toHaveLength(1);
  });

  test("a server on this machine is refused until the setting opens it, and the hint says how", async () => {
    const closed = await stepBench({ egress: { ...OPEN_EGRESS, blockPrivate: true } });
    const server = await saying({ text: "hi" });
    expect(await closed.run("llm", ask(server))).toMatchObject({
      failure: {
        code: "blocked_egress",
        retryable: false,
        hint: expect.stringContaining("WORKFLOWS_EGRESS_BLOCK_PRIVATE=false"),
      },
    });
    const named = { ...OPEN_EGRESS, blockPrivate: true, localTargets: [`127.0.0.1:${server.port}`] };
    expect(await (await stepBench({ egress: named })).run("llm", ask(server))).toMatchObject({ status: "ok" });
  });

  test.each([
    [400, false],
    [401, false],
    [404, false],
    [429, true],
    [500, true],
    [503, true],
  ])("an answer of %i fails with the server's words; worth another try: %s", async (status, retryable) => {
    const server = await saying({ status, error: "no such luck", headers: { "retry-after": "7" } });
    expect(await bench.run("llm", ask(server))).toMatchObject({
      failure: {
        code: "http_error",
        message: expect.stringContaining("no such luck"),
        retryable,
        retry_after_ms: 7000,
      },
      outputs: { error: "http_error", status_code: status },
    });
  });

  test("a slow model is a timeout, a cancelled one is cancelled, and an answer that is no chat is told", async () => {
    const silent = await localServer(() => {});
    const odd = await localServer((_, response) => answerJson(response, 200, { hello: 1 }));
    open.push(silent, odd);
    expect(await bench.run("llm", ask(silent, { timeout_seconds: 0.05 }))).toMatchObject({
      failure: { code: "timeout", retryable: true },
    });
    expect(await bench.run("llm", ask(silent), { signal: AbortSignal.abort() })).toEqual({ status: "cancelled" });
    expect(await bench.run("llm", ask(odd))).toMatchObject({ failure: { code: "llm_answer_invalid" } });
  });

  test("a refusal is a failure, and a text that was cut at max_tokens is marked", async () => {
    const server = await saying({ text: "", refusal: "I would rather not." }, { text: "once upon", finish: "length" });
    expect(await bench.run("llm", ask(server))).toMatchObject({
      failure: { code: "llm_refused", message: expect.stringContaining("rather not"), retryable: false },
    });
    expect(await bench.run("llm", ask(server))).toMatchObject({ outputs: { text: "once upon", truncated: true } });
  });
});

describe("llm with a response_schema", () => {
  const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };

  test("asks for JSON, reads it out of a fenced block, and gives it checked", async () => {
    const server = await saying({ text: '<think>hm</think>\n```json\n{"n": 4}\n```' });
    const result = await bench.run("llm", ask(server, { response_schema: schema }));
    expect(result).toMatchObject({ status: "ok", outputs: { json: { n: 4 } } });
    expect(server.requests()[0]).toMatchObject({
      response_format: { type: "json_schema", json_schema: { name: "answer", schema } },
    });
  });

  test("an answer that does not fit is asked for once more, with what is wrong, and both are counted", async () => {
    const server = await saying({ text: '{"n": "four"}' }, { text: '{"n": 4}' });
    const result = await bench.run("llm", ask(server, { response_schema: schema }));
    expect(result).toMatchObject({ outputs: { json: { n: 4 }, usage: { input_tokens: 6, output_tokens: 4 } } });
    const [, second] = server.requests() as { messages: { role: string; content: string }[] }[];
    expect(second?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(second?.messages.at(-1)?.content).toContain("/n must be integer");
  });

  test("two answers that do not fit are a failure that shows the last one", async () => {
    const server = await saying({ text: "four" }, { text: "4!" });
    expect(await bench.run("llm", ask(server, { response_schema: schema }))).toMatchObject({
      failure: { code: "validation_error", message: expect.stringContaining("it is not JSON") },
      outputs: { error: "validation_error", text: "4!", errors: ["it is not JSON"] },
    });
    expect(server.asked).toHaveLength(2);
  });

  test("a schema that is none is found before the model is asked", async () => {
    const server = await saying({ text: "{}" });
    expect(await bench.run("llm", ask(server, { response_schema: { type: "nonsense" } }))).toMatchObject({
      failure: { code: "validation_error" },
    });
    expect(server.asked).toEqual([]);
  });
});

describe("llm as a stream", () => {
  test("puts the pieces together, wherever the bytes are split, and shows the text on its way", async () => {
    const halves = Promise.withResolvers<void>();
    const bytes = Buffer.from(
      `data: ${JSON.stringify({ choices: [{ delta: { content: "grüße, " } }] })}\n\ndata: ${JSON.stringify({ choices: [{ delta: { content: "welt" }, finish_reason: "stop" }] })}\r\n\r\n`,
    );
    const cut = bytes.indexOf(Buffer.from("ü")) + 1;
    const server = await localServer(async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
      response.write(bytes.subarray(0, cut));
      response.write(bytes.subarray(cut, cut + 30));
      await halves.promise;
      response.end(bytes.subarray(cut + 30));
    });
    open.push(server);
    const shown: string[] = [];
    const logTail = ({ stdout_tail = "" }) => {
      shown.push(stdout_tail);
      halves.resolve();
    };
    const result = await bench.run("llm", ask(server, { stream: true }), { overrides: { logTail } });
    expect(result).toMatchObject({ status: "ok", outputs: { text: "grüße, welt" } });
    expect(shown[0]).toBe("grüße, ");
  });

  test("many pieces make few signs of life; usage comes from the last one", async () => {
    const pieces = Array.from({ length: 3000 }, () => "la ");
    const server = await saying({ pieces });
    const before = bench.tails.length;
    const result = await bench.run("llm", ask(server, { stream: true }));
    expect(result).toMatchObject({
      outputs: { text: pieces.join(""), usage: { input_tokens: 5, output_tokens: 3000 }, model: "tiny-1" },
    });
    expect(bench.tails.length - before).toBeLessThan(30);
    expect(server.requests()[0]).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  test.each(["cut", "none"] as const)("a stream that breaks off (%s) is a failure worth another try", async (end) => {
    const server = await saying({ pieces: ["Once ", "upon "], end });
    expect(await bench.run("llm", ask(server, { stream: true }))).toMatchObject({
      status: "failed",
      failure: { retryable: true },
    });
  });

  test("a server that does not stream is understood all the same", async () => {
    const server = await saying({ text: "whole" });
    expect(await bench.run("llm", ask(server, { stream: true }))).toMatchObject({ outputs: { text: "whole" } });
  });
});

describe("presets", () => {
  const preset = (server: LocalServer, more: Record<string, unknown> = {}) => ({
    model: "tiny",
    base_url: server.url,
    ...more,
  });

  test("summarize and translate work on the text of the step before", async () => {
    const server = await saying({ text: " Short. " }, { text: "Guten Tag" });
    const last = { text: "A long story." };
    expect(await bench.run("summarize", preset(server, { max_words: 20, style: "bullets" }), { last })).toMatchObject({
      outputs: { text: "Short.", model: "tiny-1", usage: { input_tokens: 3 } },
    });
    expect(await bench.run("translate", preset(server, { input: "Good day", target_lang: "de" }))).toMatchObject({
      outputs: { text: "Guten Tag", target_lang: "de" },
    });
    const [first, second] = server.requests() as { temperature: number; messages: { content: string }[] }[];
    expect(first?.messages[0]?.content).toContain("at most 20 words");
    expect(first?.messages[1]?.content).toBe("A long story.");
    expect(first?.temperature).toBe(0);
    expect(second?.messages[0]?.content).toContain('"de"');
  });

  test("the structured ones give lists and numbers that were checked", async () => {
    const server = await saying(
      {
        text: '{"keywords":[{"keyword":"roof","score":0.2},{"keyword":"sun","score":0.9},{"keyword":"x","score":0.1}]}',
      },
      {
        text: '{"topics":[{"topic":"energy","weight":0.3,"keywords":[]},{"topic":"law","weight":0.7,"keywords":["act"]}]}',
      },
      {
        text: '{"entities":[{"type":"person","name":"Ada"},{"type":"person","name":"Ada"},{"type":"date","name":"1843"}]}',
      },
      { text: '{"sentiment":"positive","score":0.8,"confidence":0.9}' },
    );
    const text = "Ada wrote in 1843 of sun on every roof.";
    expect(await bench.run("keyword_extract", preset(server, { text, max_keywords: 2 }))).toMatchObject({
      outputs: { keywords: ["sun", "roof"], scored_keywords: [{ keyword: "sun", score: 0.9 }, { keyword: "roof" }] },
    });
    expect(await bench.run("topic_model", preset(server, { text }))).toMatchObject({
      outputs: { topics: [{ topic: "law", keywords: ["act"] }, { topic: "energy" }] },
    });
    expect(
      await bench.run("entity_extract", preset(server, { text, entity_types: ["person", "date", "place"] })),
    ).toMatchObject({ outputs: { entities: { person: ["Ada"], date: ["1843"], place: [] }, total_count: 2 } });
    expect(await bench.run("sentiment_analyze", preset(server, { text }))).toMatchObject({
      outputs: { sentiment: "positive", score: 0.8, confidence: 0.9 },
    });
  });

  test.each([
    ["keyword_extract", { keywords: [], scored_keywords: [], error: "keyword_extract_error" }],
    ["topic_model", { topics: [], error: "topic_model_error" }],
    ["sentiment_analyze", { sentiment: "neutral", score: 0, confidence: 0, error: "sentiment_analyze_error" }],
    ["entity_extract", { entities: {}, total_count: 0, error: "entity_extract_error" }],
  ])("%s: without text, and with a model that fails, its outputs are empty and say so", async (type, outputs) => {
    expect(await bench.run(type, {})).toMatchObject({
      failure: { code: "missing_text", retryable: false },
      outputs: { ...outputs, error: "missing_text" },
    });
    const server = await saying({ status: 500, error: "cannot open /home/me/model.bin" });
    const result = await bench.run(type, preset(server, { text: "something" }));
    expect(result).toMatchObject({ status: "failed", failure: { code: "http_error", retryable: true } });
    expect((result as { outputs?: unknown }).outputs).toEqual(outputs);
  });

  test("a preset without a model says so", async () => {
    expect(await bench.run("summarize", { text: "x" })).toMatchObject({ failure: { code: "missing_model" } });
  });
});

describe("embed", () => {
  test("gives one vector for each text, in the texts' order", async () => {
    const data = [
      { index: 1, embedding: [0, 1, 0] },
      { index: 0, embedding: [1, 0, 0] },
    ];
    const server = await localServer((_, response) => answerJson(response, 200, { data, usage: { prompt_tokens: 4 } }));
    open.push(server);
    expect(await bench.run("embed", { model: "vec", input: ["red", "blue"], base_url: `${server.url}/v1` })).toEqual({
      status: "ok",
      outputs: {
        embeddings: [
          [1, 0, 0],
          [0, 1, 0],
        ],
        dimensions: 3,
        usage: { input_tokens: 4 },
        model: "vec",
      },
    });
    expect(server.asked[0]).toMatchObject({ path: "/v1/embeddings" });
    expect(await bench.run("embed", { model: "vec", input: ["only one"], base_url: server.url })).toMatchObject({
      status: "ok",
      outputs: { embeddings: [[1, 0, 0]] },
    });
  });

  test("refuses nothing, and an answer that lacks a vector", async () => {
    expect(await bench.run("embed", { model: "vec", input: [] })).toMatchObject({ failure: { code: "missing_text" } });
    const server = await localServer((_, response) =>
      answerJson(response, 200, { data: [{ index: 0, embedding: [1] }] }),
    );
    open.push(server);
    expect(await bench.run("embed", { model: "vec", input: ["a", "b"], base_url: server.url })).toMatchObject({
      failure: { code: "llm_answer_invalid", retryable: true },
    });
  });
});
