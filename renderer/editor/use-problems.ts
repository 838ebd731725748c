/** What is wrong with the text: at once what is no YAML, and shortly after what the server's check says. */
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { preflight } from "../../shared/api/definitions.ts";
import type { Problem } from "../../shared/error.ts";
import { call } from "../api/client.ts";
import type { Mark } from "./code-pane.tsx";
import { type Parsed, parseText, placeOf } from "./source-map.ts";

const CHECK_MS = 300;

export interface Listed extends Mark {
  path: string;
  hint: string | undefined;
}

export interface Check {
  parsed: Parsed;
  problems: Listed[];
  /** The text as it stands was checked and may be saved. */
  valid: boolean;
  checking: boolean;
  error: Error | null;
}

export function useProblems(text: string): Check {
  const [settled] = useDebouncedValue(text, CHECK_MS);
  const now = useMemo(() => parseText(text), [text]);
  const checked = useMemo(() => parseText(settled), [settled]);
  const answer = useQuery({
    queryKey: ["preflight", settled],
    queryFn: ({ signal }) => call(preflight, { body: { definition: checked.value }, signal }),
    enabled: checked.value !== undefined,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const problems = useMemo(() => {
    if (now.syntax.length > 0)
      return now.syntax.map((place): Listed => ({ ...place, severity: "error", path: "", hint: undefined }));
    return [
      ...(answer.data?.errors ?? []).map((problem) => listed(problem, now, "error")),
      ...(answer.data?.warnings ?? []).map((problem) => listed(problem, now, "warning")),
    ];
  }, [now, answer.data]);
  const checking = settled !== text || answer.isFetching;
  const valid = now.value !== undefined && !checking && answer.data?.valid === true && !answer.isPlaceholderData;
  return { parsed: now, problems, valid, checking, error: answer.error };
}

const listed = (problem: Problem, parsed: Parsed, severity: "error" | "warning"): Listed => ({
  ...placeOf(parsed, problem.path),
  message: problem.message,
  path: problem.path,
  hint: problem.hint,
  severity,
});
