/** HTML to Markdown. Tables become pipe tables; what the person names is left out with all that is in it. */
import TurndownService from "turndown";
import { messageOf } from "../../lib/app-error.ts";
import { StepError } from "../step-type.ts";

export interface HtmlInput {
  html: string;
  /** Tag names in lower case. */
  stripTags: readonly string[];
}

export function htmlToMarkdown({ html, stripTags }: HtmlInput): string {
  const stripped = new Set(stripTags);
  const service = new TurndownService({
    headingStyle: "atx",
    codeBlockStyle: "fenced",
    bulletListMarker: "-",
    hr: "---",
  });
  addTables(service);
  service.addRule("stripped", { filter: (node) => stripped.has(node.nodeName.toLowerCase()), replacement: () => "" });
  try {
    return service.turndown(html);
  } catch (error) {
    throw new StepError("html_invalid", `The HTML cannot be read: ${messageOf(error)}`, {
      hint: "Elements nested thousands deep are too much; pick out the part you need first.",
    });
  }
}

/** The converter itself knows no tables and would put every cell on a line of its own. */
function addTables(service: TurndownService): void {
  service.addRule("cell", {
    filter: (node) => node.nodeName === "TH" || node.nodeName === "TD",
    replacement: (content) =>
      ` ${content
        .trim()
        .replaceAll("|", "\\|")
        .replace(/\s*\n\s*/g, " ")} |`,
  });
  service.addRule("row", {
    filter: (node) => node.nodeName === "TR",
    replacement: (content, node) =>
      `\n|${content}${isFirstRow(node) ? `\n|${" --- |".repeat(node.childElementCount)}` : ""}`,
  });
  service.addRule("table", {
    filter: (node) => node.nodeName === "TABLE",
    replacement: (content) => `\n\n${content.trim().replace(/\n{2,}/g, "\n")}\n\n`,
  });
}

/** Markdown wants the line of dashes after the first row, whatever it holds. */
function isFirstRow(row: TreeNode): boolean {
  if (row.previousElementSibling) return false;
  const parent = row.parentElement;
  if (!parent || parent.nodeName === "TABLE" || parent.nodeName === "THEAD") return true;
  return !parent.previousElementSibling?.querySelector("tr");
}

/** What we use of an element; there are no browser types here. */
interface TreeNode {
  nodeName: string;
  parentElement: TreeNode | null;
  previousElementSibling: TreeNode | null;
  childElementCount: number;
  querySelector(selector: string): unknown;
}
