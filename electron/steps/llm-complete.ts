/**
 * A chat answer as a step's outputs, checked against a JSON Schema if there is one. An answer that does not fit is
 * sent back once with what is wrong; a second one that does not fit is a failure.
 */
import type { ChatAnswer, Usage } from "./llm-answer.ts";
import { type ChatRequest, chat } from "./llm-chat.ts";
import { jsonOf } from "./llm-server.ts";
import { type Outputs, type StepContext, StepError } from "./step-type.ts";

/** `{text, json?, usage, cost_usd?, model, truncated?}`. Throws StepErrors. */
export async function complete(context: StepContext<unknown>, request: ChatRequest): Promise<Outputs> {
  if (context.testMode) return { dispatched: false, test_mode: true, text: "", model: request.model };
  const { response_schema: schema } = request;
  // A schema that is none is found before the model is paid for an answer to it.
  if (schema) await context.compute("json_validate", { data: null, schema });
  const first = answered(await chat(context, request));
  if (!schema) return outputsOf(request, [first]);
  const firstTry = await read(context, first.text, schema);
  if (firstTry.problems.length === 0) return { ...outputsOf(request, [first]), json: firstTry.value };

  context.log("warning", `The answer does not fit the schema and is asked for again: ${firstTry.problems.join("; ")}`);
  const messages: ChatRequest["messages"] = [
    ...request.messages,
    { role: "assistant", content: first.text },
    { role: "user", content: correction(firstTry.problems, schema) },
  ];
  const second = answered(await chat(context, { ...request, messages }));
  const secondTry = await read(context, second.text, schema);
  const outputs = outputsOf(request, [first, second]);
  if (secondTry.problems.length === 0) return { ...outputs, json: secondTry.value };
  throw new StepError(
    "validation_error",
    `The answer does not fit response_schema: ${secondTry.problems.join("; ")}.`,
    {
      hint: "Make the schema simpler, raise max_tokens, or use a larger model.",
      outputs: { error: "validation_error", ...outputs, errors: secondTry.problems },
    },
  );
}

function answered(answer: ChatAnswer): ChatAnswer {
  if (!answer.refusal) return answer;
  throw new StepError("llm_refused", `The model refused to answer: ${answer.refusal}`, {
    hint: "Change the prompt, or use another model.",
    retryable: false,
    outputs: { error: "llm_refused" },
  });
}

const correction = (problems: string[], schema: object): string =>
  [
    "That answer does not fit. What is wrong with it:",
    ...problems.map((problem) => `- ${problem}`),
    `Answer again with nothing but JSON that fits this JSON Schema: ${JSON.stringify(schema)}`,
  ].join("\n");

async function read(
  context: StepContext<unknown>,
  text: string,
  schema: Record<string, unknown>,
): Promise<{ value: unknown; problems: string[] }> {
  const value = jsonOf(jsonPart(text));
  if (value === undefined) return { value, problems: ["it is not JSON"] };
  const { errors } = await context.compute("json_validate", { data: value, schema });
  return { value, problems: errors.map(({ path, message }) => `${path || "the answer"} ${message}`) };
}

/** Models like to think aloud first, and to put JSON into a fenced block. */
const jsonPart = (text: string): string =>
  text
    .replace(/^\s*<think>[\s\S]*?<\/think>/, "")
    .trim()
    .replace(/^```(?:json)?\s*\n([\s\S]*?)\n?```$/, "$1");

/** The last answer, with what all of them used. */
function outputsOf(request: ChatRequest, answers: ChatAnswer[]): Outputs {
  const last = answers.at(-1);
  const cost = sum(answers.map((answer) => answer.costUsd));
  const usage: Usage = {
    input_tokens: sum(answers.map((answer) => answer.usage.input_tokens)),
    output_tokens: sum(answers.map((answer) => answer.usage.output_tokens)),
  };
  return {
    text: last?.text ?? "",
    usage,
    ...(cost === null ? {} : { cost_usd: cost }),
    model: last?.model ?? request.model,
    ...(last?.finish === "length" ? { truncated: true } : {}),
  };
}

/** Null as soon as one part is not known: half a sum would pass for a whole one. */
const sum = (parts: (number | null)[]): number | null =>
  parts.reduce((total, part) => (total === null || part === null ? null : total + part), 0);
