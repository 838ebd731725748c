/** A definition as a file to keep or to pass on. */
import type { FullDefinitionRow } from "../store/tables/definitions.ts";

/** YAML as it was written if it came so, with comments and all; otherwise made from what is stored. */
export async function definitionFile(row: FullDefinitionRow, format: "yaml" | "json"): Promise<Response> {
  const text = format === "json" ? asJson(row) : (row.sourceText ?? (await asYaml(row)));
  return new Response(text, {
    headers: {
      "Content-Type": format === "json" ? "application/json; charset=utf-8" : "application/yaml; charset=utf-8",
      "Content-Disposition": `attachment; filename="${fileName(row)}.${format}"`,
    },
  });
}

const asJson = ({ definitionJson }: FullDefinitionRow): string =>
  `${JSON.stringify(JSON.parse(definitionJson), null, 2)}\n`;

async function asYaml({ definitionJson }: FullDefinitionRow): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(JSON.parse(definitionJson));
}

/** Letters and digits that every file system takes. */
function fileName({ name, version }: FullDefinitionRow): string {
  const plain = name.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return `${plain.slice(0, 80) || "workflow"}-v${version}`;
}
