/** What the app can do: step types, bundled templates, health. */
import { z } from "zod";
import { StepTypeInfo } from "../step-type.ts";
import { API_PREFIX, endpoint, WORKFLOWS_PREFIX } from "./endpoint.ts";

export const listStepTypes = endpoint({
  method: "GET",
  path: `${WORKFLOWS_PREFIX}/step-types`,
  tag: "Discovery",
  summary: "Every step type with the schema of its config",
  reply: z.array(StepTypeInfo),
});

export const TemplateSummary = z.object({
  name: z.string(),
  filename: z.string(),
  title: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  step_count: z.int(),
  /** Commands that starting it would run; they are shown and allowed once. */
  commands: z.array(z.string()),
});
export type TemplateSummary = z.infer<typeof TemplateSummary>;

export const listTemplates = endpoint({
  method: "GET",
  path: `${WORKFLOWS_PREFIX}/templates`,
  tag: "Discovery",
  summary: "The bundled example workflows",
  query: z.object({ q: z.string().max(200).optional(), tag: z.string().max(60).optional() }),
  reply: z.array(TemplateSummary),
});

export const listTemplateTags = endpoint({
  method: "GET",
  path: `${WORKFLOWS_PREFIX}/templates/tags`,
  tag: "Discovery",
  summary: "The tags of the bundled templates",
  reply: z.array(z.string()),
});

export const getTemplate = endpoint({
  method: "GET",
  path: `${WORKFLOWS_PREFIX}/templates/{name}`,
  tag: "Discovery",
  summary: "The definition of a template",
  params: z.object({ name: z.string().min(1).max(200) }),
  reply: z.record(z.string(), z.unknown()),
  errors: ["template_not_found"],
});

/** Saving a template makes it a workflow of one's own; its commands wait for consent (design §16). */
export const addTemplate = endpoint({
  method: "POST",
  path: `${WORKFLOWS_PREFIX}/templates/{name}/add`,
  tag: "Discovery",
  summary: "Make a workflow from a template; the one already made from it is given back unchanged",
  params: z.object({ name: z.string().min(1).max(200) }),
  body: z.object({}).nullish(),
  bodyOptional: true,
  reply: z.object({ workflow_id: z.int(), created: z.boolean(), consent_required: z.array(z.string()) }),
  status: 201,
  errors: ["template_not_found"],
});

export const authCheck = endpoint({
  method: "GET",
  path: `${WORKFLOWS_PREFIX}/auth/check`,
  tag: "Discovery",
  summary: "Who the token speaks for",
  reply: z.object({
    ok: z.literal(true),
    user_id: z.string(),
    username: z.string(),
    is_admin: z.boolean(),
    tenant_id: z.string(),
  }),
});

const Health = z.object({ status: z.string(), queue_depth: z.int().optional(), time: z.string().optional() });
const Readiness = z.object({
  ready: z.boolean(),
  status: z.string().optional(),
  reason: z.string().nullish(),
  time: z.string().optional(),
  engine: z.object({ queue_depth: z.int(), active_runs: z.int(), safe_mode: z.boolean() }).optional(),
  db: z
    .object({
      ok: z.boolean(),
      backend: z.literal("sqlite"),
      location: z.string(),
      schema_version: z.int().nullable(),
      expected_version: z.int(),
    })
    .optional(),
  sync: z.object({ state: z.enum(["off", "ok", "offline", "blocked"]) }).optional(),
  app_version: z.string().optional(),
  data_dir: z.string().optional(),
});

const health = (path: string) =>
  endpoint({
    method: "GET",
    path,
    tag: "Health",
    summary: "The process is up; never touches the database",
    reply: Health,
  });
const ready = (path: string) =>
  endpoint({
    method: "GET",
    path,
    tag: "Health",
    summary: "Runs can be started; 503 with the reason if not",
    reply: Readiness,
  });

export const healthz = health("/healthz");
export const healthzV1 = health(`${API_PREFIX}/healthz`);
export const readyz = ready("/readyz");
export const readyzV1 = ready(`${API_PREFIX}/readyz`);
