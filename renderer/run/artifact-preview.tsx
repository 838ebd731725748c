/** What is inside an artifact, as far as it can be shown: text, tables, JSON, images, sandboxed pages. */
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { createTicket, downloadArtifact } from "../../shared/api/artifacts.ts";
import type { Artifact } from "../../shared/artifact.ts";
import { addressOf, call, send } from "../api/client.ts";
import { Empty, Loading } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { JsonTree } from "../parts/json-tree.tsx";
import { bytes } from "../parts/time.ts";
import { parseCsv } from "./csv.ts";

const Markdown = lazy(() => import("../parts/markdown.tsx").then(({ Markdown }) => ({ default: Markdown })));
const CsvTable = lazy(() => import("./csv-table.tsx").then(({ CsvTable }) => ({ default: CsvTable })));

/** More than this of a text is not read for a preview. */
const TEXT_BYTES = 1_000_000;
/** A ticket lives for 60 s; a preview that is opened again later takes a new one. */
const TICKET_MS = 50_000;

type Kind = "text" | "markdown" | "json" | "csv" | "image" | "page" | "none";
type TextKind = Extract<Kind, "text" | "markdown" | "json" | "csv">;

function kindOf({ mime_type: mime, name }: Artifact): Kind {
  if (/^text\/html|xhtml/.test(mime)) return "page";
  if (mime.startsWith("image/")) return "image";
  if (mime.includes("json") || name.endsWith(".json")) return "json";
  if (mime === "text/csv" || name.endsWith(".csv")) return "csv";
  if (mime === "text/markdown" || /\.(md|markdown)$/i.test(name)) return "markdown";
  if (mime.startsWith("text/") || /xml|yaml|javascript|x-sh|sql/.test(mime)) return "text";
  return "none";
}

export function ArtifactPreview({ artifact }: { artifact: Artifact }) {
  const kind = kindOf(artifact);
  if (!artifact.exists) {
    return (
      <Empty icon="file" title="The file is gone">
        Its record is here, but the file was removed from the artifact folder.
      </Empty>
    );
  }
  if (kind === "none")
    return (
      <Empty icon="file" title="No preview">
        Files of type {artifact.mime_type} can be downloaded.
      </Empty>
    );
  return kind === "image" || kind === "page" ? (
    <ByTicket artifact={artifact} kind={kind} />
  ) : (
    <AsText artifact={artifact} kind={kind} />
  );
}

/** An address for what the browser fetches by itself. On our own origin, whatever host the ticket names. */
export async function ticketFor(artifact: Artifact, inline: "0" | "1"): Promise<string> {
  const path = addressOf(downloadArtifact, {
    params: { artifact_id: artifact.artifact_id },
    query: inline === "1" ? { inline } : {},
  });
  const { url } = await call(createTicket, { body: { path } });
  const { pathname, search } = new URL(url, location.href);
  return pathname + search;
}

function ByTicket({ artifact, kind }: { artifact: Artifact; kind: "image" | "page" }) {
  const ticket = useQuery({
    queryKey: ["ticket", artifact.artifact_id],
    queryFn: () => ticketFor(artifact, "1"),
    staleTime: TICKET_MS,
    gcTime: TICKET_MS,
    refetchOnWindowFocus: false,
  });
  if (ticket.isError) return <ErrorNote error={ticket.error} onRetry={() => void ticket.refetch()} />;
  if (!ticket.data) return <Loading label="Loading the preview" />;
  if (kind === "image")
    return (
      <div className="preview-image">
        <img src={ticket.data} alt={artifact.name} />
      </div>
    );
  return <iframe className="preview-page" src={ticket.data} sandbox="" title={artifact.name} />;
}

function AsText({ artifact, kind }: { artifact: Artifact; kind: TextKind }) {
  const text = useQuery({
    queryKey: ["artifact-text", artifact.artifact_id],
    queryFn: async ({ signal }) => {
      const headers: Record<string, string> =
        artifact.size_bytes > TEXT_BYTES ? { Range: `bytes=0-${TEXT_BYTES - 1}` } : {};
      const response = await send(addressOf(downloadArtifact, { params: { artifact_id: artifact.artifact_id } }), {
        headers,
        signal,
      });
      return response.text();
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (text.isError) return <ErrorNote error={text.error} onRetry={() => void text.refetch()} />;
  if (text.data === undefined) return <Loading label="Loading the preview" />;
  return (
    <>
      {artifact.size_bytes > TEXT_BYTES && (
        <p className="preview-note small dim">
          The first {bytes(TEXT_BYTES)} of {bytes(artifact.size_bytes)}.
        </p>
      )}
      <TextView text={text.data} kind={kind} />
    </>
  );
}

function TextView({ text, kind }: { text: string; kind: TextKind }) {
  if (kind === "markdown") return <MarkdownView text={text} />;
  if (kind === "json") {
    const value = parsed(text);
    if (value !== undefined)
      return (
        <div className="preview-text">
          <JsonTree value={value} />
        </div>
      );
  }
  if (kind === "csv") {
    return (
      <Suspense fallback={<Loading />}>
        <CsvTable rows={parseCsv(text)} />
      </Suspense>
    );
  }
  return <pre className="preview-text mono">{text}</pre>;
}

/** As it is meant to be read, or as it was written. */
function MarkdownView({ text }: { text: string }) {
  const [source, setSource] = useState(false);
  return (
    <>
      <div className="preview-bar">
        <button type="button" className="chip" aria-pressed={source} onClick={() => setSource(!source)}>
          Source
        </button>
      </div>
      {source ? (
        <pre className="preview-text mono">{text}</pre>
      ) : (
        <Suspense fallback={<Loading />}>
          <Markdown text={text} />
        </Suspense>
      )}
    </>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Cut off or not JSON after all: the plain text says more than an error would.
    return undefined;
  }
}
