/** What stands round every page: sidebar, top line, dialogs, tray. It fetches only what it shows itself. */
import { useQuery } from "@tanstack/react-query";
import { Outlet, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { approvalsQuery, readinessQuery } from "../api/queries.ts";
import { signedOut } from "../api/session.ts";
import { desktop } from "../desktop-bridge.ts";
import { createStore, useStore } from "../parts/store.ts";
import { RunDialog } from "../workflows/run-dialog.tsx";
import { dispatch, isCommand, useCommand } from "./commands.ts";
import { ConsentDialog } from "./consent-dialog.tsx";
import { runDialog, shortcutsDialog } from "./dialogs.ts";
import { useKeys } from "./keys.ts";
import { Palette } from "./palette.tsx";
import { ShortcutsDialog } from "./shortcuts-dialog.tsx";
import { Sidebar } from "./sidebar.tsx";
import { SignedOut } from "./signed-out.tsx";
import { TaskTray } from "./task-tray.tsx";
import { TopLine } from "./top-line.tsx";
import { connection, useLive } from "./use-live.ts";
import "./frame.css";

const COLLAPSED_KEY = "workflows.sidebar";
const collapsed = createStore(localStorage.getItem(COLLAPSED_KEY) === "collapsed");
collapsed.subscribe(() => localStorage.setItem(COLLAPSED_KEY, collapsed.get() ? "collapsed" : "open"));

export function Frame() {
  const gone = useStore(signedOut);
  return gone ? <SignedOut /> : <OpenFrame />;
}

function OpenFrame() {
  useLive();
  useKeys();
  useMenu();
  usePlaces();
  const waiting = useQuery(approvalsQuery).data?.length ?? 0;
  useBadge(waiting);
  const isCollapsed = useStore(collapsed);
  return (
    <div className="frame" data-collapsed={isCollapsed || undefined}>
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <Sidebar waiting={waiting} collapsed={isCollapsed} onToggle={() => collapsed.set(!isCollapsed)} />
      <div className="frame-main">
        <TopLine />
        <StateBar />
        <main id="content" className="frame-content" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <Palette />
      <RunDialog />
      <ConsentDialog />
      <ShortcutsDialog />
      <TaskTray />
    </div>
  );
}

/** One quiet bar when the app cannot do everything: no engine, safe mode, not ready. */
function StateBar() {
  const wire = useStore(connection);
  const ready = useQuery(readinessQuery);
  const text = stateText(wire === "lost" || ready.isError, ready.data);
  return (
    <div role="status" aria-live="polite">
      {text && <div className="state-bar">{text}</div>}
    </div>
  );
}

function stateText(
  lost: boolean,
  ready: { ready: boolean; reason?: string | null; engine?: { safe_mode: boolean } } | undefined,
): string | null {
  if (lost) return "No connection to the engine. Trying again; what you see may be old.";
  if (ready?.engine?.safe_mode) return "Safe mode: everything can be looked at, nothing runs or changes.";
  if (ready && !ready.ready) return `Not ready: ${ready.reason ?? "the engine is starting"}.`;
  return null;
}

function usePlaces(): void {
  const navigate = useNavigate();
  useCommand("go-runs", () => void navigate({ to: "/runs" }));
  useCommand("go-workflows", () => void navigate({ to: "/workflows" }));
  useCommand("go-inbox", () => void navigate({ to: "/inbox" }));
  useCommand("go-operations", () => void navigate({ to: "/operations" }));
  useCommand("settings", () => void navigate({ to: "/settings" }));
  useCommand("shortcuts", () => shortcutsDialog.set(true));
  useCommand("new-run", () => runDialog.set({ from: "workflow", workflowId: null }));
}

function useMenu(): void {
  useEffect(() => desktop()?.onMenu((word) => void (isCommand(word) && dispatch(word))), []);
}

function useBadge(waiting: number): void {
  useEffect(() => {
    void desktop()?.setBadge(waiting);
  }, [waiting]);
}
