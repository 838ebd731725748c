/** The list of runs: tabs with counts, a filter in words, live rows. */
import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import type { RunSummary } from "../../shared/run.ts";
import { countsQuery, RUN_PAGE, type RunFilter } from "../api/queries.ts";
import { useCommand } from "../frame/commands.ts";
import { runDialog } from "../frame/dialogs.ts";
import { usePageName } from "../frame/trail.ts";
import { Empty, Loading } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { Icon } from "../parts/icons.tsx";
import { TabsLine } from "../parts/tabs.tsx";
import { count, plural } from "../parts/time.ts";
import { HeadCell, type RowsHandle, VirtualRows } from "../parts/virtual-rows.tsx";
import { parseFilter, type RunTab, TABS, toggleWord } from "./filter-text.ts";
import { FirstStart } from "./first-start.tsx";
import { FollowedRunRow, RunRow } from "./run-row.tsx";
import { useRunList } from "./use-run-list.ts";
import "./runs.css";

const route = getRouteApi("/runs");
const TAB_NAMES = Object.keys(TABS) as RunTab[];
const CHIPS = ["status:succeeded", "status:cancelled", "since:24h", "since:7d"];

export function RunsPage() {
  usePageName("Runs");
  const { tab = "all", q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const counts = useQuery(countsQuery);
  const [settled] = useDebouncedValue(q, 150);
  const { filter, unknown } = useMemo(() => parseFilter(settled, tab), [settled, tab]);
  const setFilter = (text: string) => void navigate({ search: { tab, q: text || undefined }, replace: true });

  if (counts.data?.total === 0) return <FirstStart />;
  return (
    <div className="page">
      <h1 className="visually-hidden">Runs</h1>
      <TabsLine
        label="Runs by state"
        items={TAB_NAMES.map((value) => ({ value, label: TABS[value].label, count: tabCount(value, counts.data) }))}
        value={tab}
        onChange={(next) => void navigate({ search: { tab: next === "all" ? undefined : next, q: q || undefined } })}
      >
        <FilterBox text={q} unknown={unknown} onChange={setFilter} />
      </TabsLine>
      <RunTable key={JSON.stringify(filter)} filter={filter} onClear={() => void navigate({ search: {} })} />
    </div>
  );
}

function tabCount(
  tab: RunTab,
  answer: { counts: Record<string, number>; total: number } | undefined,
): string | undefined {
  if (!answer) return undefined;
  if (tab === "all") return count(answer.total);
  return count(TABS[tab].statuses.reduce((sum, status) => sum + (answer.counts[status] ?? 0), 0));
}

function FilterBox({ text, unknown, onChange }: { text: string; unknown: string[]; onChange: (text: string) => void }) {
  const box = useRef<HTMLInputElement>(null);
  useCommand("find", () => box.current?.focus());
  const words = text.split(/\s+/);
  return (
    <div className="filter">
      {CHIPS.map((chip) => (
        <button
          key={chip}
          type="button"
          className="chip"
          aria-pressed={words.includes(chip)}
          onClick={() => onChange(toggleWord(text, chip))}
        >
          {chip}
        </button>
      ))}
      <TextInput
        ref={box}
        size="xs"
        aria-label="Filter runs"
        placeholder="Name, status:failed, since:7d"
        leftSection={<Icon name="search" size={13} />}
        rightSection={text ? null : <kbd>/</kbd>}
        value={text}
        error={unknown.length > 0 ? `Not understood: ${unknown.join(" ")}` : undefined}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && (text ? onChange("") : box.current?.blur())}
        className="filter-box"
      />
    </div>
  );
}

const COLUMNS = "132px minmax(160px, 1.4fr) 92px 72px minmax(112px, 160px) minmax(80px, 2fr) 84px";

function RunTable({ filter, onClear }: { filter: RunFilter; onClear: () => void }) {
  const rows = useRef<RowsHandle>(null);
  const [hovered, setHovered] = useState(false);
  const [scrolled, setScrolled] = useState(false);
  const [cursor, setCursor] = useState(-1);
  const list = useRunList(filter, hovered || scrolled);
  const move = (by: number) => {
    const next = Math.max(0, Math.min(list.rows.length - 1, cursor + by));
    setCursor(next);
    rows.current?.focusRow(next);
  };
  useCommand("next", () => move(1));
  useCommand("previous", () => move(-1));
  useCommand("rerun", () => {
    const run = list.rows[cursor];
    if (run) runDialog.set({ from: "run", runId: run.run_id });
  });

  if (list.error)
    return (
      <div className="page-scroll">
        <ErrorNote error={list.error} onRetry={list.retry} />
      </div>
    );
  if (list.isLoading) return <Loading label="Loading runs" />;
  if (list.rows.length === 0) return <NoRuns filter={filter} onClear={onClear} />;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only notes that somebody is reading, so that rows stay put
    <div className="run-table" onMouseEnter={() => setHovered(true)} onMouseLeave={() => setHovered(false)}>
      {list.held > 0 && (
        <button
          type="button"
          className="new-pill"
          onClick={() => {
            list.showHeld();
            rows.current?.scrollToTop();
          }}
        >
          {plural(list.held, "new run", "new runs")}
        </button>
      )}
      <VirtualRows
        ref={rows}
        label="Runs"
        count={list.rows.length}
        columns={COLUMNS}
        minWidth={780}
        head={<Heads />}
        rowKey={(index) => list.rows[index]?.run_id ?? index}
        row={(index) => <Row run={list.rows[index]} followed={index >= RUN_PAGE} />}
        selected={cursor}
        onScroll={({ fromTop }) => setScrolled(fromTop > 0)}
        onEnd={() => void list.loadMore()}
        footer={list.moreError ? <ErrorNote error={list.moreError} onRetry={() => void list.loadMore()} /> : undefined}
      />
    </div>
  );
}

function Row({ run, followed }: { run: RunSummary | undefined; followed: boolean }) {
  if (!run) return null;
  return followed ? <FollowedRunRow run={run} /> : <RunRow run={run} />;
}

function Heads() {
  return (
    <>
      <HeadCell>Status</HeadCell>
      <HeadCell>Workflow</HeadCell>
      <HeadCell>Started</HeadCell>
      <HeadCell className="end">Took</HeadCell>
      <HeadCell>Steps</HeadCell>
      <HeadCell>Note</HeadCell>
      <HeadCell>
        <span className="visually-hidden">Actions</span>
      </HeadCell>
    </>
  );
}

function NoRuns({ filter, onClear }: { filter: RunFilter; onClear: () => void }) {
  const narrowed = Object.keys(filter).length > 0;
  return (
    <Empty
      icon="runs"
      title={narrowed ? "No run fits" : "No runs yet"}
      action={
        narrowed ? (
          <button type="button" className="chip" onClick={onClear}>
            Show all runs
          </button>
        ) : undefined
      }
    >
      {narrowed ? "No run has this state, name and time." : "Start one with n."}
    </Empty>
  );
}
