/** What the system says about a file, in our codes and in a sentence. */
import { StepError } from "./step-type.ts";

export function fileError(error: unknown, path: string): StepError {
  if (error instanceof StepError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "ENOENT":
      return new StepError("file_not_found", `There is nothing at ${path}.`, { retryable: false });
    case "EEXIST":
      return new StepError("file_exists", `${path} is there already.`, {
        hint: "mode: overwrite replaces it.",
        retryable: false,
      });
    case "EACCES":
    case "EPERM":
      return new StepError("file_access_denied", `The system does not allow this with ${path}.`, {
        hint: "Check its permissions.",
      });
    case "EISDIR":
    case "ENOTDIR":
      return new StepError("file_error", `${path} is ${code === "EISDIR" ? "a folder" : "no folder"}.`, {
        retryable: false,
      });
    case "ENOSPC":
      return new StepError("file_error", "The disk is full.", {
        hint: "Make room; Operations > Storage shows what this app uses.",
      });
    default:
      return new StepError("file_error", `${path} could not be used${code ? ` (${code})` : ""}.`);
  }
}
