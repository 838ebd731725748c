/** The definition as it was when the run was made, to be read. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { runDefinitionQuery } from "../api/queries.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { Loading } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";

export function DefinitionTab({ runId }: { runId: string }) {
  const definition = useQuery(runDefinitionQuery(runId));
  const text = useYaml(definition.data?.definition);
  if (definition.isError) return <ErrorNote error={definition.error} onRetry={() => void definition.refetch()} />;
  if (text === null) return <Loading label="Loading the definition" />;
  return (
    <div className="definition">
      <div className="definition-copy">
        <CopyButton text={text} label="Copy as YAML" />
      </div>
      <pre className="preview-text mono">{text}</pre>
    </div>
  );
}

/** YAML of a value. The writer is loaded when it is first needed, to keep it out of the first load. */
function useYaml(value: unknown): string | null {
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    if (value === undefined) return;
    let current = true;
    void import("yaml").then(({ stringify }) => current && setText(stringify(value, { lineWidth: 100 })));
    return () => {
      current = false;
    };
  }, [value]);
  return text;
}
