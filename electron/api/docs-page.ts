/** A page to read the API by: the OpenAPI document as plain HTML. No script, nothing loaded from anywhere. */
import type { OpenApiDocument, Operation } from "./openapi.ts";

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.2rem; }
details { border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: 6px; margin: .4rem 0; }
summary { padding: .5rem .75rem; cursor: pointer; }
section { padding: 0 .75rem .75rem; }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
pre { overflow: auto; padding: .6rem; border-radius: 4px; background: color-mix(in srgb, currentColor 7%, transparent); }
b.method { display: inline-block; min-width: 4.5rem; font: 600 13px ui-monospace, monospace; }
.about { opacity: .75; }
table { border-collapse: collapse; }
td, th { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top; }
`;

interface Route {
  method: string;
  path: string;
  operation: Operation;
}

/** Holds `__CSP_NONCE__` where the answer's nonce belongs. */
export function docsHtml(document: OpenApiDocument): string {
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Route => ({ method, path, operation })),
  );
  const groups = Map.groupBy(routes, ({ operation }) => operation.tags[0] ?? "");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Workflows API</title>
<style nonce="__CSP_NONCE__">${STYLE}</style>
</head>
<body>
<h1>Workflows API</h1>
<p>Version ${html(document.info.version)}. Send the token of <code>server.json</code> as
<code>Authorization: Bearer …</code> or <code>X-API-KEY</code>. Errors look like this:</p>
${schemaBlock(document.components.schemas.Error)}
${[...groups].map(([tag, group]) => `<h2>${html(tag)}</h2>\n${group.map(routeHtml).join("\n")}`).join("\n")}
</body>
</html>
`;
}

function routeHtml({ method, path, operation }: Route): string {
  return `<details><summary><b class="method">${method.toUpperCase()}</b><code>${html(path)}</code>
<br><span class="about">${html(operation.summary)}</span></summary><section>
${parametersHtml(operation)}${bodyHtml(operation)}${responsesHtml(operation)}</section></details>`;
}

function parametersHtml({ parameters }: Operation): string {
  if (parameters.length === 0) return "";
  const rows = parameters.map(
    ({ name, in: place, required, schema }) =>
      `<tr><td><code>${html(name)}</code></td><td>${place}${required ? ", required" : ""}</td><td><code>${html(JSON.stringify(schema))}</code></td></tr>`,
  );
  return `<h3>Parameters</h3><table>${rows.join("")}</table>`;
}

function bodyHtml({ requestBody }: Operation): string {
  if (!requestBody) return "";
  const types = Object.keys(requestBody.content).join(" or ");
  const title = `Body: ${types}${requestBody.required ? "" : ", optional"}`;
  return `<h3>${html(title)}</h3>${schemaBlock(Object.values(requestBody.content)[0]?.schema)}`;
}

function responsesHtml({ responses }: Operation): string {
  const parts = Object.entries(responses).map(([status, { description, content }]) => {
    const [type, answer] = Object.entries(content)[0] ?? [];
    if (Number(status) >= 400) return `<p><code>${status}</code> ${html(description)}</p>`;
    return `<p><code>${status}</code> ${html(type ?? "")}</p>${schemaBlock(answer?.schema)}`;
  });
  return `<h3>Answers</h3>${parts.join("")}`;
}

const schemaBlock = (schema: object | undefined): string => `<pre>${html(JSON.stringify(schema ?? {}, null, 2))}</pre>`;

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const html = (text: string): string => text.replace(/[&<>"]/g, (char) => ESCAPES[char] ?? char);
