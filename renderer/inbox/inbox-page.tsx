/** Everything that waits for a person, to be decided in place. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Approval } from "../../shared/api/runs.ts";
import { approvalsQuery } from "../api/queries.ts";
import { usePageName } from "../frame/trail.ts";
import { When } from "../parts/clock.tsx";
import { Empty, Loading } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { plural } from "../parts/time.ts";
import { Decision, type Question } from "./decision.tsx";

/** Forms are tall and not alike, so the list is bounded instead of virtual. */
const AT_ONCE = 25;

export function InboxPage() {
  usePageName("Inbox");
  const approvals = useQuery(approvalsQuery);
  const [shown, setShown] = useState(AT_ONCE);
  const list = approvals.data ?? [];
  return (
    <div className="page">
      <header className="page-head">
        <h1 className="page-title">Inbox</h1>
        {list.length > 0 && <span className="dim">{plural(list.length, "decision")}, longest waiting first</span>}
      </header>
      <div className="page-scroll">
        {approvals.isError && <ErrorNote error={approvals.error} onRetry={() => void approvals.refetch()} />}
        {approvals.isPending && <Loading label="Loading the inbox" />}
        {approvals.data?.length === 0 && (
          <Empty icon="inbox" title="Nothing waits for you.">
            Approvals and steps that were interrupted appear here.
          </Empty>
        )}
        <ol className="inbox-list inbox">
          {list.slice(0, shown).map((approval) => (
            <InboxItem key={approval.step_run_id} approval={approval} />
          ))}
        </ol>
        {list.length > shown && (
          <button type="button" className="chip" onClick={() => setShown(shown + AT_ONCE)}>
            {plural(list.length - shown, "more", "more")}
          </button>
        )}
      </div>
    </div>
  );
}

function InboxItem({ approval }: { approval: Approval }) {
  return (
    <li className="inbox-item">
      <header>
        <h2>
          <Link to="/runs/$runId" params={{ runId: approval.run_id }} className="link">
            {approval.workflow_name}
          </Link>
        </h2>
        <span className="small dim">
          waiting since <When at={approval.waiting_since} />
          {approval.assigned_to && approval.assigned_to !== "local" && `, for ${approval.assigned_to}`}
        </span>
        <Link to="/runs/$runId" params={{ runId: approval.run_id }} className="accent-link small inbox-open">
          Open the run
        </Link>
      </header>
      <Decision question={questionOf(approval)} />
    </li>
  );
}

const questionOf = (approval: Approval): Question => ({
  runId: approval.run_id,
  stepId: approval.step_id,
  stepName: approval.step_name,
  kind: approval.kind,
  instructions: approval.instructions,
  formSchema: approval.form_schema,
  deadline: approval.deadline,
});
