/** Named secrets: set, list, remove. No route gives a value back. */
import { z } from "zod";
import { endpoint, Ok, WORKFLOWS_PREFIX } from "./endpoint.ts";
import { SECRET_NAME } from "./runs.ts";

const tag = "Secrets";
const SECRETS = `${WORKFLOWS_PREFIX}/secrets`;
const NameParams = z.object({ name: z.string().regex(SECRET_NAME, "must be 1-100 letters, digits or _") });

export const listSecrets = endpoint({
  method: "GET",
  path: SECRETS,
  tag,
  summary: "The names of the secrets that steps may use",
  reply: z.object({ names: z.array(z.string()) }),
  errors: ["secrets_unreadable"],
});

export const setSecret = endpoint({
  method: "PUT",
  path: `${SECRETS}/{name}`,
  tag,
  summary: "Set a secret; templates see it as `secrets.NAME`",
  params: NameParams,
  body: z.object({ value: z.string().min(1).max(65_536) }),
  reply: Ok,
  duringMaintenance: true,
  errors: ["secrets_unreadable"],
});

export const removeSecret = endpoint({
  method: "DELETE",
  path: `${SECRETS}/{name}`,
  tag,
  summary: "Remove a secret",
  params: NameParams,
  reply: Ok,
  duringMaintenance: true,
  errors: ["not_found", "secrets_unreadable"],
});
