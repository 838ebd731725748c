/** Looking after the data: backups, and the facts of the running engine. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Backup } from "../../shared/api/operations.ts";
import { backupsQuery, type Readiness, readinessQuery } from "../api/queries.ts";
import { desktop } from "../desktop-bridge.ts";
import { outcome } from "../frame/task-tray.tsx";
import { trackBackup, useBackUp } from "../frame/tasks.ts";
import { usePageName } from "../frame/trail.ts";
import { When } from "../parts/clock.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Empty, Loading } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { Icon, type IconName } from "../parts/icons.tsx";
import type { Tone } from "../parts/status.tsx";
import { bytes, count } from "../parts/time.ts";
import { Cell, HeadCell, VirtualRows } from "../parts/virtual-rows.tsx";
import "./operations.css";

export function OperationsPage() {
  usePageName("Operations");
  const backUp = useBackUp();
  return (
    <div className="page">
      <header className="page-head">
        <h1 className="page-title grow">Operations</h1>
        <Button
          leftSection={<Icon name="shield" size={14} />}
          loading={backUp.isPending}
          onClick={() => backUp.mutate()}
        >
          Back up now
        </Button>
      </header>
      <Health />
      <Backups />
    </div>
  );
}

function Health() {
  const ready = useQuery(readinessQuery);
  if (ready.isError)
    return (
      <div className="page-part">
        <ErrorNote error={ready.error} onRetry={() => void ready.refetch()} />
      </div>
    );
  if (!ready.data) return <Loading label="Loading the engine's state" />;
  return (
    <section className="page-part" aria-label="Health">
      <dl className="facts">
        {factsOf(ready.data).map(({ name, value, tone, mono }) => (
          <div key={name} className={mono ? "fact-wide" : undefined}>
            <dt>{name}</dt>
            <dd className={mono ? "mono cut" : "cut"} data-tone={tone} title={value}>
              {tone && <span className="fact-dot" />}
              {value}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

interface Fact {
  name: string;
  value: string;
  tone?: Tone;
  mono?: boolean;
}

function factsOf({ ready, reason, engine, db, data_dir }: Readiness): Fact[] {
  const facts: Fact[] = [
    { name: "Engine", value: ready ? "Ready" : `Not ready: ${reason ?? "unknown"}`, tone: ready ? "green" : "red" },
  ];
  if (engine) {
    facts.push(
      { name: "Running now", value: count(engine.active_runs) },
      { name: "In the queue", value: count(engine.queue_depth) },
    );
  }
  if (db) {
    const fits = db.schema_version === db.expected_version;
    facts.push({
      name: "Database",
      value: `${db.ok ? "Open" : "Not open"}, schema ${db.schema_version ?? "?"}${fits ? "" : ` instead of ${db.expected_version}`}`,
      tone: db.ok && fits ? "green" : "red",
    });
    const isAtHome = data_dir && db.location.startsWith(data_dir);
    if (!isAtHome) facts.push({ name: "Database file", value: db.location, mono: true });
  }
  if (data_dir) facts.push({ name: "Data folder", value: data_dir, mono: true });
  return facts;
}

const COLUMNS = "120px 110px 76px 76px 92px minmax(120px, 1fr) 60px";

function Backups() {
  const backups = useQuery(backupsQuery);
  const list = backups.data ?? [];
  const running = list.find((backup) => backup.status === "running")?.id;
  useEffect(() => {
    if (running) trackBackup(running);
  }, [running]);
  return (
    <section className="backups" aria-label="Backups">
      <h2 className="section-title page-part">Backups</h2>
      {backups.isError && <ErrorNote error={backups.error} onRetry={() => void backups.refetch()} />}
      {backups.isPending && <Loading label="Loading backups" />}
      {backups.data?.length === 0 && (
        <Empty icon="shield" title="No backups yet">
          A backup is one verified file with all workflows, runs and events, made while the app keeps working.
        </Empty>
      )}
      {list.length > 0 && (
        <VirtualRows
          label="Backups"
          count={list.length}
          columns={COLUMNS}
          minWidth={760}
          head={<Heads />}
          rowKey={(index) => list[index]?.id ?? index}
          row={(index) => <BackupRow backup={list[index]} />}
        />
      )}
    </section>
  );
}

function Heads() {
  return (
    <>
      <HeadCell>State</HeadCell>
      <HeadCell>Made</HeadCell>
      <HeadCell className="end">Size</HeadCell>
      <HeadCell className="end">Runs</HeadCell>
      <HeadCell className="end">Events</HeadCell>
      <HeadCell>File</HeadCell>
      <HeadCell>
        <span className="visually-hidden">Actions</span>
      </HeadCell>
    </>
  );
}

const LOOK: Record<Backup["status"], { tone: Tone; icon: IconName }> = {
  running: { tone: "blue", icon: "clock" },
  verified: { tone: "green", icon: "shield" },
  failed: { tone: "red", icon: "cross" },
  cancelled: { tone: "grey", icon: "stop" },
};

function BackupRow({ backup }: { backup: Backup | undefined }) {
  if (!backup) return null;
  const shell = desktop();
  const { tone, icon } = LOOK[backup.status];
  return (
    <>
      <Cell title={outcome(backup)}>
        <span className="status" data-tone={tone}>
          <Icon name={icon} size={14} />
          {backup.status}
        </span>
      </Cell>
      <Cell className="small dim">
        <When at={backup.created_at} />
      </Cell>
      <Cell className="end num">{backup.size_bytes === null ? "" : bytes(backup.size_bytes)}</Cell>
      <Cell className="end num">{backup.runs === null ? "" : count(backup.runs)}</Cell>
      <Cell className="end num">{backup.events === null ? "" : count(backup.events)}</Cell>
      <Cell className={backup.status === "failed" ? "dim" : "mono dim"} title={backup.path}>
        {backup.status === "failed" ? outcome(backup) : backup.path}
      </Cell>
      <Cell className="actions">
        <CopyButton text={backup.path} label="Copy path" />
        {shell && (
          <button
            type="button"
            className="icon-button"
            aria-label="Reveal"
            title="Reveal"
            onClick={() => void shell.revealPath(backup.path)}
          >
            <Icon name="reveal" size={14} />
          </button>
        )}
      </Cell>
    </>
  );
}
