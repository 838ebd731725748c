/** What a run that succeeded has to show for it: its files, and what it gave. */
import type { Artifact } from "../../shared/artifact.ts";
import { Icon } from "../parts/icons.tsx";
import { JsonPanel } from "../parts/json-tree.tsx";
import { bytes } from "../parts/time.ts";

interface ResultProps {
  outputs: Record<string, unknown> | null;
  artifacts: readonly Artifact[];
  onOpenArtifact(artifactId: string): void;
}

/** More files than these are behind the tab. */
const AT_ONCE = 12;

export function Result({ outputs, artifacts, onOpenArtifact }: ResultProps) {
  return (
    <div className="result">
      {artifacts.length > 0 && (
        <section aria-label="Files">
          <p className="label">Files</p>
          <div className="result-files">
            {artifacts.slice(0, AT_ONCE).map((artifact) => (
              <button
                key={artifact.artifact_id}
                type="button"
                className="result-file"
                onClick={() => onOpenArtifact(artifact.artifact_id)}
              >
                <Icon name="file" size={14} />
                <span className="cut">{artifact.name}</span>
                <span className="faint num small">{bytes(artifact.size_bytes)}</span>
              </button>
            ))}
          </div>
        </section>
      )}
      <JsonPanel title="Outputs" value={outputs} empty="It gave nothing." />
    </div>
  );
}
