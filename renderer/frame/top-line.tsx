/** Where you are, search, how many runs are going, and whether all is well. */
import { Tooltip } from "@mantine/core";
import { spotlight } from "@mantine/spotlight";
import { useQuery } from "@tanstack/react-query";
import { Link, useMatches } from "@tanstack/react-router";
import { countsQuery, readinessQuery } from "../api/queries.ts";
import { Icon } from "../parts/icons.tsx";
import { useStore } from "../parts/store.ts";
import { trail } from "./trail.ts";
import { connection } from "./use-live.ts";

export function TopLine() {
  return (
    <section className="top-line" aria-label="Top line">
      <Trail />
      <button type="button" className="search-button" onClick={spotlight.open}>
        <Icon name="search" size={14} />
        <span>Search or run a command</span>
        <kbd>{/Mac/.test(navigator.platform) ? "⌘ K" : "Ctrl K"}</kbd>
      </button>
      <div className="line top-right">
        <RunningCount />
        <HealthDot />
      </div>
    </section>
  );
}

function Trail() {
  const last = useStore(trail);
  const path = useMatches({ select: (matches) => matches.at(-1)?.pathname ?? "/" });
  const [section = "runs", ...rest] = path.split("/").filter(Boolean);
  const name = SECTIONS[section];
  if (!name) return <nav className="trail" aria-label="Where you are" />;
  return (
    <nav className="trail" aria-label="Where you are">
      {rest.length === 0 ? (
        <span aria-current="page">{name.label}</span>
      ) : (
        <>
          <Link to={name.to} className="link dim">
            {name.label}
          </Link>
          <Icon name="right" size={12} />
          <span className="cut" aria-current="page">
            {last}
          </span>
        </>
      )}
    </nav>
  );
}

const SECTIONS: Record<
  string,
  { label: string; to: "/runs" | "/workflows" | "/inbox" | "/operations" | "/settings" | "/help" }
> = {
  runs: { label: "Runs", to: "/runs" },
  workflows: { label: "Workflows", to: "/workflows" },
  inbox: { label: "Inbox", to: "/inbox" },
  operations: { label: "Operations", to: "/operations" },
  settings: { label: "Settings", to: "/settings" },
  help: { label: "Help", to: "/help" },
};

function RunningCount() {
  const counts = useQuery(countsQuery).data?.counts;
  const running = counts?.running ?? 0;
  const queued = counts?.queued ?? 0;
  if (running + queued === 0) return <span className="small faint">Nothing running</span>;
  return (
    <Link to="/runs" search={{ tab: "running" }} className="running-count" data-tone="blue">
      <span className="status-spinner" aria-hidden="true" />
      {running} running{queued > 0 && `, ${queued} queued`}
    </Link>
  );
}

function HealthDot() {
  const ready = useQuery(readinessQuery);
  const wire = useStore(connection);
  const well = wire !== "lost" && ready.data?.ready === true;
  const unknown = ready.isPending;
  const words = unknown
    ? "Checking"
    : well
      ? "All is well"
      : wire === "lost" || ready.isError
        ? "No connection"
        : "Not ready";
  return (
    <Tooltip label={words}>
      <Link
        to="/operations"
        className="health"
        data-tone={unknown ? "grey" : well ? "green" : "red"}
        aria-label={`Health: ${words}`}
      >
        <span />
      </Link>
    </Tooltip>
  );
}
