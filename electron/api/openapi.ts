/** The OpenAPI 3.1 document, made from the contract. Nothing is described here that is not in the list of routes. */
import { z } from "zod";
import type { Endpoint } from "../../shared/api/endpoint.ts";
import { ROUTES } from "../../shared/api/routes.ts";
import { ErrorBody } from "../../shared/error.ts";
import { REQUEST_ERRORS } from "../../shared/error-codes.ts";
import { YAML_ENDPOINTS } from "./bind.ts";

type Schema = Record<string, unknown>;

export interface Parameter {
  name: string;
  in: "path" | "query";
  required: boolean;
  schema: Schema;
}

export interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  parameters: Parameter[];
  requestBody?: { required: boolean; content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content: Record<string, { schema: Schema }> }>;
  security?: Record<string, string[]>[];
}

export interface OpenApiDocument {
  openapi: "3.1.0";
  info: { title: string; version: string };
  security: Record<string, string[]>[];
  components: { schemas: Record<string, Schema>; securitySchemes: Schema };
  paths: Record<string, Record<string, Operation>>;
}

const ERROR = { $ref: "#/components/schemas/Error" };

/** Codes that any request may be answered with. */
const ALWAYS = ["unauthorized", "validation_error", "internal_error"] as const;

export function openApiDocument(version: string): OpenApiDocument {
  const paths: OpenApiDocument["paths"] = {};
  for (const endpoint of ROUTES) {
    const methods = paths[endpoint.path] ?? {};
    methods[endpoint.method.toLowerCase()] = operationOf(endpoint);
    paths[endpoint.path] = methods;
  }
  return {
    openapi: "3.1.0",
    info: { title: "Workflows", version },
    security: [{ bearer: [] }, { key: [] }],
    components: {
      schemas: { Error: schemaOf(ErrorBody, "output") },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        key: { type: "apiKey", in: "header", name: "X-API-KEY" },
      },
    },
    paths,
  };
}

function operationOf(endpoint: Endpoint): Operation {
  const type = endpoint.contentType ?? "application/json";
  const ok = { description: endpoint.summary, content: { [type]: { schema: schemaOf(endpoint.reply, "output") } } };
  return {
    operationId: `${endpoint.method.toLowerCase()}${endpoint.path.replace(/[^A-Za-z0-9]+/g, "_").replace(/_$/, "")}`,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    parameters: [...parametersOf(endpoint.params, "path"), ...parametersOf(endpoint.query, "query")],
    requestBody: bodyOf(endpoint),
    responses: { [endpoint.status]: ok, ...errorsOf(endpoint) },
    security: endpoint.tag === "Health" ? [{}, { bearer: [] }, { key: [] }] : undefined,
  };
}

function parametersOf(schema: z.ZodType, place: Parameter["in"]): Parameter[] {
  const input = schemaOf(schema, "input");
  const output = propertiesOf(schemaOf(schema, "output"));
  const required = (input.required as string[] | undefined) ?? [];
  return Object.entries(propertiesOf(input)).map(([name, given]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    // What goes through a conversion first accepts anything on paper; what comes out of it says more.
    schema: Object.keys(given).every((key) => key === "default") ? { ...output[name], ...given } : given,
  }));
}

const propertiesOf = (schema: Schema): Record<string, Schema> =>
  (schema.properties as Record<string, Schema> | undefined) ?? {};

function bodyOf(endpoint: Endpoint): Operation["requestBody"] {
  if (endpoint.body.type === "undefined") return undefined;
  const schema = schemaOf(endpoint.body, "input");
  const types = YAML_ENDPOINTS.has(endpoint) ? ["application/json", "application/yaml"] : ["application/json"];
  return { required: !endpoint.bodyOptional, content: Object.fromEntries(types.map((type) => [type, { schema }])) };
}

/** One answer per status, with every code that it may carry. */
function errorsOf(endpoint: Endpoint): Operation["responses"] {
  const answers: Operation["responses"] = {};
  for (const code of new Set([...endpoint.errors, ...ALWAYS, ...(endpoint.readOnly ? [] : (["safe_mode"] as const))])) {
    const status = String(REQUEST_ERRORS[code]);
    const codes = answers[status] ? `${answers[status].description}, ${code}` : code;
    answers[status] = { description: codes, content: { "application/json": { schema: ERROR } } };
  }
  return answers;
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any", reused: "inline" });
  return rest;
}
