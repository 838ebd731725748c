/** What one needs to know: the keys, where the data is, how to keep it safe. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { readinessQuery } from "../api/queries.ts";
import { desktop } from "../desktop-bridge.ts";
import { KeyList } from "../frame/shortcuts-dialog.tsx";
import { useBackUp } from "../frame/tasks.ts";
import { usePageName } from "../frame/trail.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import "../operations/operations.css";

export function HelpPage() {
  usePageName("Help");
  const folder = useQuery(readinessQuery).data?.data_dir;
  return (
    <div className="page">
      <header className="page-head">
        <h1 className="page-title">Help</h1>
      </header>
      <div className="page-scroll">
        <div className="sections">
          <section aria-label="Where your data is">
            <h2 className="section-title">Where your data is</h2>
            <p>
              Workflows, runs, events and settings are in one SQLite database on this machine; files that steps make lie
              beside it. Nothing leaves the machine unless a step of yours sends it.
            </p>
            {folder && <Folder path={folder} />}
          </section>
          <Backup />
          <section aria-label="When a run fails">
            <h2 className="section-title">When a run fails</h2>
            <ol>
              <li>Open the run. The red box says what happened and what can be done.</li>
              <li>“Retry failed step” goes on from that step in the same run; what succeeded before is kept.</li>
              <li>“Run again” starts a new run with the same inputs, which you can change first.</li>
            </ol>
          </section>
          <section aria-label="If the app stops in the middle">
            <h2 className="section-title">If the app stops in the middle</h2>
            <p>
              Runs go on at the next start. A step that may have changed something outside and did not get to say so
              waits in the Inbox, where you choose to retry it, mark it done, skip it or fail it.
            </p>
          </section>
          <section aria-label="Keys">
            <h2 className="section-title">Keys</h2>
            <KeyList />
          </section>
        </div>
      </div>
    </div>
  );
}

function Backup() {
  const backUp = useBackUp();
  return (
    <section aria-label="How to back up">
      <h2 className="section-title">How to back up</h2>
      <p>
        A backup is one file, made while runs go on and checked before it counts. It holds everything in the database;
        artifact files are not inside. Copy it to another disk to be safe from this one failing. Never copy the live
        database file by hand.
      </p>
      <Button variant="default" loading={backUp.isPending} onClick={() => backUp.mutate()}>
        Back up now
      </Button>
    </section>
  );
}

function Folder({ path }: { path: string }) {
  const shell = desktop();
  return (
    <div className="line">
      <span className="mono cut">{path}</span>
      <CopyButton text={path} label="Copy path" />
      {shell && (
        <Button variant="default" size="compact-xs" onClick={() => void shell.revealPath(path)}>
          Reveal
        </Button>
      )}
    </div>
  );
}
