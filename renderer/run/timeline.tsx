/** Bars by step and attempt on one time axis. A row chooses the step that the inspector shows. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useMemo, useRef } from "react";
import type { RunEvent } from "../../shared/event.ts";
import type { StepRun } from "../../shared/run.ts";
import { useNowWhile } from "../parts/clock.tsx";
import { Empty } from "../parts/empty.tsx";
import { StepMark } from "../parts/status.tsx";
import { clockTime, duration, ticking } from "../parts/time.ts";
import { type Segment, spanOf, type TimelineRow, ticksOf, timelineOf } from "./timeline-model.ts";

interface TimelineProps {
  steps: readonly StepRun[];
  events: readonly RunEvent[];
  live: boolean;
  selected: string | null;
  onSelect(stepRunId: string): void;
  /** What is drawn below the rows. */
  children?: ReactNode;
}

const ROW = 32;
const MOST_TICKS = 6;

export function Timeline({ steps, events, live, selected, onSelect, children }: TimelineProps) {
  const rows = useMemo(() => timelineOf(steps, events), [steps, events]);
  const now = useNowWhile(live);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 10,
  });
  if (rows.length === 0)
    return (
      <Empty icon="clock" title="No step has begun">
        The run waits for its turn.
      </Empty>
    );
  const span = spanOf(rows, Math.max(now, Date.now()));
  const length = span.to - span.from;
  return (
    <div className="timeline">
      <div className="timeline-axis" aria-hidden="true">
        <div className="timeline-name small faint">{rows.length === 1 ? "1 step" : `${rows.length} steps`}</div>
        <div className="timeline-lane">
          {ticksOf(length, MOST_TICKS).map((at) => (
            <span key={at} className="tick num" style={{ left: `${(100 * at) / length}%` }}>
              {at === 0 ? "0" : duration(at)}
            </span>
          ))}
        </div>
        <div className="timeline-took" />
      </div>
      <div className="timeline-scroll" ref={scroller}>
        <ol className="timeline-rows" aria-label="Steps" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              <li key={row.step.step_run_id} style={{ transform: `translateY(${item.start}px)` }}>
                <Row
                  row={row}
                  span={span}
                  now={Date.now()}
                  selected={row.step.step_run_id === selected}
                  onSelect={onSelect}
                />
              </li>
            );
          })}
        </ol>
      </div>
      {children}
    </div>
  );
}

interface RowProps {
  row: TimelineRow;
  span: { from: number; to: number };
  now: number;
  selected: boolean;
  onSelect(stepRunId: string): void;
}

function Row({ row: { step, segments }, span, now, selected, onSelect }: RowProps) {
  const length = span.to - span.from;
  const took = step.duration_ms ?? (step.ended_at ? null : now - Date.parse(step.started_at));
  return (
    <button type="button" className="timeline-row" aria-pressed={selected} onClick={() => onSelect(step.step_run_id)}>
      <span className="timeline-name line">
        <span className="timeline-mark">
          <StepMark status={step.status} />
        </span>
        <span className="cut" title={step.step_id}>
          {step.name || step.step_id}
          {step.visit > 1 && <span className="faint"> · visit {step.visit}</span>}
        </span>
      </span>
      <span className="timeline-lane">
        {segments.map((segment) => (
          <Bar key={`${segment.kind}${segment.from}`} segment={segment} from={span.from} length={length} now={now} />
        ))}
      </span>
      <span className="timeline-took num dim">
        {took === null ? "" : step.ended_at ? duration(took) : ticking(took)}
        {step.attempt_count > 1 && <span className="faint"> ×{step.attempt_count}</span>}
      </span>
    </button>
  );
}

function Bar({ segment, from, length, now }: { segment: Segment; from: number; length: number; now: number }) {
  const end = segment.to ?? Math.max(now, segment.from);
  const title = `${segment.label}\n${clockTime(new Date(segment.from).toISOString())} – ${segment.to === null ? "now" : clockTime(new Date(end).toISOString())}\n${duration(end - segment.from)}`;
  return (
    <span
      className="bar"
      data-kind={segment.kind}
      data-tone={segment.tone}
      data-open={segment.to === null || undefined}
      title={title}
      style={{
        left: `${(100 * (segment.from - from)) / length}%`,
        width: `max(4px, ${(100 * (end - segment.from)) / length}%)`,
      }}
    />
  );
}
