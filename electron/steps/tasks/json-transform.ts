/** JSONata over a JSON value. */
import jsonata from "jsonata";
import { StepError } from "../step-type.ts";

export interface JsonataInput {
  data: unknown;
  expression: string;
}

/** The value of the expression; null where it selects nothing. `.` is the whole value. */
export async function evaluateJsonata({ data, expression }: JsonataInput): Promise<unknown> {
  try {
    const result: unknown = await jsonata(expression.trim() === "." ? "$" : expression).evaluate(data);
    // JSONata marks its lists with hidden fields and may give functions; as JSON it is what the next step can use.
    return result === undefined ? null : JSON.parse(JSON.stringify(result) ?? "null");
  } catch (error) {
    const { message, position } = error as { message?: string; position?: number };
    const place = position === undefined ? "" : ` (at character ${position})`;
    throw new StepError("expression_error", `The expression failed: ${message ?? error}${place}`, {
      hint: "The language is JSONata; try it on a smaller value.",
    });
  }
}
