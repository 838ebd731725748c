/** Every event of a run, live. It follows the end until somebody scrolls away from it. */
import { Button, MultiSelect, Switch } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import type { RunEvent } from "../../shared/event.ts";
import { Empty, Loading } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { JsonPanel } from "../parts/json-tree.tsx";
import { clockTime, count, duration, exact } from "../parts/time.ts";
import { Cell, HeadCell, type RowsHandle, VirtualRows } from "../parts/virtual-rows.tsx";
import { wordsOf } from "./event-words.ts";
import type { EventLog } from "./use-run-events.ts";

const COLUMNS = "52px 104px 84px 176px minmax(80px, 150px) minmax(0, 1fr)";
/** Nearer to the end than this counts as being at the end. */
const END_PX = 40;

export function EventsTab({ log, live }: { log: EventLog; live: boolean }) {
  const [types, setTypes] = useState<string[]>([]);
  const [follow, setFollow] = useState(live);
  const [open, setOpen] = useState<RunEvent | null>(null);
  const rows = useRef<RowsHandle>(null);
  const kinds = useMemo(() => [...new Set(log.events.map((event) => event.event_type))].sort(), [log.events]);
  const shown = useMemo(
    () => (types.length === 0 ? log.events : log.events.filter((event) => types.includes(event.event_type))),
    [log.events, types],
  );
  useEffect(() => {
    if (follow && shown.length > 0) rows.current?.scrollToIndex(shown.length - 1);
  }, [follow, shown.length]);
  const start = log.events[0] ? Date.parse(log.events[0].created_at) : 0;

  if (log.events.length === 0)
    return log.error ? (
      <ErrorNote error={log.error} />
    ) : log.complete ? (
      <Empty icon="runs" title="No events yet" />
    ) : (
      <Loading label="Loading events" />
    );
  return (
    <div className="events">
      <div className="events-bar">
        <MultiSelect
          size="xs"
          aria-label="Filter by type"
          placeholder={types.length === 0 ? "All types" : undefined}
          data={kinds}
          value={types}
          onChange={setTypes}
          clearable
          searchable
          w={320}
        />
        <span className="small dim num" role="status">
          {shown.length === log.events.length
            ? `${count(shown.length)} events`
            : `${count(shown.length)} of ${count(log.events.length)}`}
          {!log.complete && ", loading…"}
        </span>
        <span className="grow" />
        {live && (
          <Switch
            size="xs"
            label="Follow"
            checked={follow}
            onChange={(event) => setFollow(event.currentTarget.checked)}
          />
        )}
        {!live && (
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            onClick={() => rows.current?.scrollToIndex(shown.length - 1)}
          >
            To the end
          </Button>
        )}
      </div>
      <div className="split">
        <VirtualRows
          ref={rows}
          label="Events"
          count={shown.length}
          rowHeight={28}
          columns={COLUMNS}
          minWidth={680}
          head={<Heads />}
          rowKey={(index) => shown[index]?.event_seq ?? index}
          row={(index) => <EventRow event={shown[index]} start={start} onOpen={setOpen} />}
          onScroll={({ fromEnd }) => live && setFollow(fromEnd < END_PX)}
        />
        {open && (
          <aside className="inspector" aria-label={`Event ${open.event_seq}`}>
            <div className="line">
              <h2 className="inspector-title grow">
                {open.event_type} <span className="faint num">#{open.event_seq}</span>
              </h2>
              <Button variant="subtle" color="gray" size="compact-xs" onClick={() => setOpen(null)}>
                Close
              </Button>
            </div>
            <p className="small dim exact">{exact(open.created_at)}</p>
            <JsonPanel title="Payload" value={open.payload} />
          </aside>
        )}
      </div>
    </div>
  );
}

function Heads() {
  return (
    <>
      <HeadCell className="end">#</HeadCell>
      <HeadCell>Time</HeadCell>
      <HeadCell className="end">After</HeadCell>
      <HeadCell>Type</HeadCell>
      <HeadCell>Step</HeadCell>
      <HeadCell>What</HeadCell>
    </>
  );
}

function EventRow({
  event,
  start,
  onOpen,
}: {
  event: RunEvent | undefined;
  start: number;
  onOpen: (event: RunEvent) => void;
}) {
  if (!event) return null;
  const { tone, text } = wordsOf(event);
  const step = event.payload.step_id;
  return (
    <>
      <Cell className="end num faint small">{event.event_seq}</Cell>
      <Cell className="num dim small">{clockTime(event.created_at)}</Cell>
      <Cell className="end num faint small">+{duration(Date.parse(event.created_at) - start)}</Cell>
      <Cell>
        <button type="button" className="event-type mono" data-tone={tone} onClick={() => onOpen(event)}>
          {event.event_type}
        </button>
      </Cell>
      <Cell className="mono dim">{typeof step === "string" ? step : ""}</Cell>
      <Cell title={text}>{text}</Cell>
    </>
  );
}
