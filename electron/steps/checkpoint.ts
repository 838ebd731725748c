/** Keeps what a run has so far as an artifact to look at. The engine itself needs none: it goes on from its own rows. */
import { z } from "zod";
import { CAPABILITY, defineStep, ok } from "./step-type.ts";

const schema = z.strictObject({
  checkpoint_id: z
    .string()
    .regex(/^[\w.-]{1,100}$/, "must be 1-100 letters, digits, _ . or -")
    .optional()
    .describe("Made from the step's id if not given"),
  data: z.unknown().optional().describe("What to keep; the outputs of the step before if not given"),
});

export const checkpoint = defineStep({
  type: "checkpoint",
  title: "Checkpoint",
  group: "core",
  description: "Keeps data as a JSON artifact. Gives `checkpoint_id`, `saved`, `run_id` and `artifact`.",
  schema,
  example: { checkpoint_id: "after_download", data: { files: 3 } },
  capability: CAPABILITY.quiet,
  // Inside map, all items would have the same made-up id.
  inner: false,
  async execute({ config, last, run, step, signal, artifacts, log }) {
    if (signal.aborted) return { status: "cancelled" };
    const checkpointId = config.checkpoint_id ?? `checkpoint_${step.id}_${step.visit}`;
    const data = config.data === undefined ? last : config.data;
    const artifact = await artifacts.add({
      name: `${checkpointId}.json`,
      type: "checkpoint",
      mimeType: "application/json",
      content: JSON.stringify(data, null, 2),
      metadata: { checkpoint_id: checkpointId },
    });
    log("info", `Checkpoint ${checkpointId} was saved.`);
    return ok({ checkpoint_id: checkpointId, saved: true, run_id: run.id, artifact });
  },
});
