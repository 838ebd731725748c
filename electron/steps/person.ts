/** What the two steps that wait for a person have in common. */
import { z } from "zod";
import type { Clock } from "../lib/clock.ts";
import type { StepResult } from "./step-type.ts";

export const personFields = {
  assigned_to_user_id: z.union([z.string(), z.int()]).default("local").describe("Who is asked"),
  instructions: z.string().max(10_000).nullish().describe("What the person should look at and decide"),
  timeout_seconds: z
    .number()
    .positive()
    .max(31_536_000)
    .nullish()
    .describe("How long to wait for an answer; for ever if not given"),
};

interface Question {
  assigned_to_user_id: string | number;
  instructions?: string | null;
  timeout_seconds?: number | null;
}

export function askPerson(
  kind: "approval" | "human",
  question: Question,
  formSchema: Record<string, unknown> | null,
  clock: Clock,
): StepResult {
  return {
    status: "wait",
    wait: {
      kind,
      assignedTo: String(question.assigned_to_user_id),
      instructions: question.instructions ?? null,
      formSchema,
      deadlineAt: question.timeout_seconds == null ? null : clock.now() + question.timeout_seconds * 1000,
    },
  };
}
