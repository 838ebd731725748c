/** Lists and counts of runs: keyset pages over small columns. No statement here reads a payload. */
import type { Database, Statement } from "better-sqlite3";
import type { RunStatus } from "../../../shared/transitions.ts";
import { RUN_COLUMNS, type RunRow } from "./runs.ts";

export type RunOrder = "created_at" | "started_at" | "ended_at";

export interface RunListQuery {
  statuses?: readonly RunStatus[];
  workflowId?: number;
  /** Part of the workflow's name, in any case. */
  workflowName?: string;
  userId: string;
  /** Inclusive, epoch ms. */
  createdAfter?: number;
  createdBefore?: number;
  orderBy: RunOrder;
  descending: boolean;
  limit: number;
  offset: number;
  /** The last row of the page before; `at` is null where the ordering column is. */
  after?: { at: number | null; runId: string };
}

/** Rows without the ordering time come last in both directions, so that a page boundary can never lose them. */
function orderClause(query: RunListQuery): string {
  const direction = query.descending ? "DESC" : "ASC";
  const nullsLast = query.orderBy === "created_at" ? "" : `${query.orderBy} IS NULL, `;
  return `ORDER BY ${nullsLast}${query.orderBy} ${direction}, run_id ${direction}`;
}

function afterClause({ after, orderBy, descending }: RunListQuery): string | null {
  if (!after) return null;
  const beyond = descending ? "<" : ">";
  if (after.at === null) return `(${orderBy} IS NULL AND run_id ${beyond} @afterId)`;
  const keyset = `(${orderBy}, run_id) ${beyond} (@afterAt, @afterId)`;
  return orderBy === "created_at" ? keyset : `(${keyset} OR ${orderBy} IS NULL)`;
}

function listSql(query: RunListQuery): string {
  const where = [
    "tenant_id = 'default'",
    "user_id = @userId",
    query.statuses?.length === 1 ? "status = @status" : null,
    query.statuses && query.statuses.length > 1 ? "status IN (SELECT value FROM json_each(@statuses))" : null,
    query.workflowId === undefined ? null : "workflow_id = @workflowId",
    query.workflowName === undefined ? null : "workflow_name IN (SELECT value FROM json_each(@names))",
    query.createdAfter === undefined ? null : "created_at >= @createdAfter",
    query.createdBefore === undefined ? null : "created_at <= @createdBefore",
    afterClause(query),
  ].filter((clause) => clause !== null);
  return `SELECT ${RUN_COLUMNS} FROM workflow_runs WHERE ${where.join(" AND ")} ${orderClause(query)} LIMIT @limit OFFSET @offset`;
}

export function runList(db: Database) {
  // The shape of the statement depends on which filters are set: a few dozen forms at most, each prepared once.
  const prepared = new Map<string, Statement<[Record<string, unknown>], RunRow>>();
  // From name to name along the index, so that looking for a part of a name costs by workflows, not by runs.
  const names = db
    .prepare<[], string>(
      `WITH RECURSIVE found(name) AS (
         SELECT min(workflow_name) FROM workflow_runs
         UNION ALL
         SELECT (SELECT min(r.workflow_name) FROM workflow_runs r WHERE r.workflow_name > found.name)
         FROM found WHERE found.name IS NOT NULL
       )
       SELECT name FROM found WHERE name IS NOT NULL`,
    )
    .pluck();
  const namesWith = (part: string): string[] => {
    const wanted = part.toLowerCase();
    return names.all().filter((name) => name.toLowerCase().includes(wanted));
  };
  const counts = db.prepare<[], { status: RunStatus; n: number }>(
    "SELECT status, count(*) AS n FROM workflow_runs WHERE tenant_id = 'default' AND user_id = 'local' GROUP BY status",
  );
  const lastOf = db.prepare<[string], RunRow>(
    `SELECT ${RUN_COLUMNS} FROM workflow_runs WHERE workflow_name = ? ORDER BY created_at DESC, run_id DESC LIMIT 1`,
  );

  return {
    page(query: RunListQuery): RunRow[] {
      const sql = listSql(query);
      const statement = prepared.get(sql) ?? db.prepare<[Record<string, unknown>], RunRow>(sql);
      prepared.set(sql, statement);
      return statement.all({
        userId: query.userId,
        status: query.statuses?.[0],
        statuses: JSON.stringify(query.statuses ?? []),
        workflowId: query.workflowId,
        names: query.workflowName === undefined ? "[]" : JSON.stringify(namesWith(query.workflowName)),
        createdAfter: query.createdAfter,
        createdBefore: query.createdBefore,
        afterAt: query.after?.at,
        afterId: query.after?.runId,
        limit: query.limit,
        offset: query.offset,
      });
    },
    counts: (): { status: RunStatus; n: number }[] => counts.all(),
    lastOfWorkflow: (workflowName: string): RunRow | undefined => lastOf.get(workflowName),
  };
}
