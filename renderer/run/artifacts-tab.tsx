/** The files that a run left behind: the list, and beside it what is in the chosen one. */
import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { Artifact } from "../../shared/artifact.ts";
import { desktop } from "../desktop-bridge.ts";
import { When } from "../parts/clock.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icons.tsx";
import { bytes } from "../parts/time.ts";
import { toastError } from "../parts/toast.ts";
import { Cell, VirtualRows } from "../parts/virtual-rows.tsx";
import { ArtifactPreview, ticketFor } from "./artifact-preview.tsx";

interface ArtifactsTabProps {
  artifacts: readonly Artifact[];
  live: boolean;
  chosen: string | undefined;
  onChoose(artifactId: string): void;
}

export function ArtifactsTab({ artifacts, live, chosen, onChoose }: ArtifactsTabProps) {
  if (artifacts.length === 0) {
    return (
      <Empty icon="file" title={live ? "No artifacts yet" : "This run left no artifacts"}>
        Files that steps make appear here.
      </Empty>
    );
  }
  const current = artifacts.find((artifact) => artifact.artifact_id === chosen) ?? artifacts[0];
  return (
    <div className="split artifacts">
      <div className="artifact-list">
        <VirtualRows
          label="Artifacts"
          count={artifacts.length}
          rowHeight={44}
          columns="minmax(0, 1fr) auto"
          rowKey={(index) => artifacts[index]?.artifact_id ?? index}
          selected={current ? artifacts.indexOf(current) : undefined}
          row={(index) => <ArtifactRow artifact={artifacts[index]} onChoose={onChoose} />}
        />
      </div>
      {current && <Shown key={current.artifact_id} artifact={current} />}
    </div>
  );
}

function ArtifactRow({ artifact, onChoose }: { artifact: Artifact | undefined; onChoose: (id: string) => void }) {
  if (!artifact) return null;
  return (
    <>
      <Cell>
        <button type="button" className="artifact-name" onClick={() => onChoose(artifact.artifact_id)}>
          <span className="cut">{artifact.name}</span>
          <span className="small faint cut">
            {artifact.type} · {artifact.step_id ?? "run"} · <When at={artifact.created_at} />
          </span>
        </button>
      </Cell>
      <Cell className="end num small dim">{bytes(artifact.size_bytes)}</Cell>
    </>
  );
}

function Shown({ artifact }: { artifact: Artifact }) {
  const shell = desktop();
  const download = useMutation({
    mutationFn: () => ticketFor(artifact, "0"),
    onSuccess: (address) => {
      const link = document.createElement("a");
      link.href = address;
      link.download = artifact.name;
      link.click();
    },
    onError: (error) => toastError("The download did not start", error),
  });
  return (
    <section className="preview" aria-label={`Preview of ${artifact.name}`}>
      <header className="preview-head line">
        <Icon name="file" size={14} />
        <strong className="cut">{artifact.name}</strong>
        <span className="small faint cut grow">{artifact.mime_type}</span>
        {artifact.checksum_sha256 && <CopyButton label="Copy SHA-256" text={artifact.checksum_sha256} />}
        {shell && (
          <Button
            variant="default"
            size="compact-xs"
            leftSection={<Icon name="reveal" size={13} />}
            onClick={() => void shell.revealPath(pathOf(artifact))}
          >
            Reveal
          </Button>
        )}
        <Button
          variant="default"
          size="compact-xs"
          leftSection={<Icon name="download" size={13} />}
          onClick={() => download.mutate()}
          loading={download.isPending}
          disabled={!artifact.exists}
        >
          Download
        </Button>
      </header>
      <div className="preview-body">
        <ArtifactPreview artifact={artifact} />
      </div>
    </section>
  );
}

/** The path behind a `file://` address; Windows drives lose the slash that the address puts before them. */
const pathOf = ({ uri }: Artifact): string => decodeURIComponent(new URL(uri).pathname).replace(/^\/([A-Za-z]:)/, "$1");
