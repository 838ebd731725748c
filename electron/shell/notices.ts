/** A run failed while the person looked elsewhere: say so, once per run, and take them there when they click. */
import { type BrowserWindow, Notification } from "electron";
import { pathOf } from "../../shared/api/endpoint.ts";
import { getRun } from "../../shared/api/runs.ts";
import { Run } from "../../shared/run.ts";
import { runUrl } from "./address.ts";
import type { FailedRun } from "./failed-runs.ts";
import { callHostJson, type HostAddress } from "./host-client.ts";
import { focusWindow } from "./window.ts";

/** Notifications that are on the screen; without a reference they would be collected, and their clicks with them. */
const shown = new Set<Notification>();

export async function noticeFailedRun(host: HostAddress, window: BrowserWindow, { runId, error }: FailedRun) {
  if (window.isDestroyed() || window.isFocused() || !Notification.isSupported()) return;
  const name = await workflowName(host, runId);
  const notification = new Notification({ title: `Failed: ${name}`, body: error });
  const forget = () => shown.delete(notification);
  notification.on("click", () => {
    forget();
    if (window.isDestroyed()) return;
    focusWindow(window);
    void window.loadURL(runUrl(runId));
  });
  notification.on("close", forget);
  notification.on("failed", forget);
  shown.add(notification);
  notification.show();
}

async function workflowName(host: HostAddress, runId: string): Promise<string> {
  const { ok, body } = await callHostJson(host, { method: getRun.method, path: pathOf(getRun, { run_id: runId }) });
  return ok ? Run.pick({ workflow_name: true }).parse(body).workflow_name : "a run";
}
