/** The tray in the corner: progress, cancel, and the result until it is put away. */
import { ActionIcon, Button, Progress } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type Backup, cancelTask, getBackup } from "../../shared/api/operations.ts";
import { call } from "../api/client.ts";
import { queryClient } from "../api/queries.ts";
import { Icon } from "../parts/icons.tsx";
import { useStore } from "../parts/store.ts";
import { bytes, duration, plural } from "../parts/time.ts";
import { toastError } from "../parts/toast.ts";
import { forgetBackup, trackedBackups } from "./tasks.ts";

const PROGRESS_POLL_MS = 300;

export function TaskTray() {
  const ids = useStore(trackedBackups);
  if (ids.length === 0) return null;
  return (
    <section className="tray" aria-label="Tasks">
      {ids.map((id) => (
        <BackupTask key={id} id={id} />
      ))}
    </section>
  );
}

function BackupTask({ id }: { id: string }) {
  const backup = useQuery({
    queryKey: ["backup", id],
    queryFn: async ({ signal }) => {
      const now = await call(getBackup, { params: { id }, signal });
      if (now.status !== "running") void queryClient.invalidateQueries({ queryKey: ["backups"] });
      return now;
    },
    refetchInterval: (query) => (query.state.data && query.state.data.status !== "running" ? false : PROGRESS_POLL_MS),
  });
  const cancel = useMutation({
    mutationFn: () => call(cancelTask, { params: { id } }),
    onError: (error) => toastError("The backup was not cancelled", error),
  });
  const running = backup.data ? backup.data.status === "running" : !backup.isError;
  return (
    <div className="task">
      <div className="line">
        <strong className="grow">Backup</strong>
        {running ? (
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            onClick={() => cancel.mutate()}
            loading={cancel.isPending}
          >
            Cancel
          </Button>
        ) : (
          <ActionIcon size={22} aria-label="Put away" onClick={() => forgetBackup(id)}>
            <Icon name="cross" size={13} />
          </ActionIcon>
        )}
      </div>
      {running && (
        <Progress value={percentOf(backup.data)} size={4} aria-label="Backup progress" transitionDuration={200} />
      )}
      <p className="small dim" role="status">
        {backup.isError ? "Its progress cannot be read right now." : outcome(backup.data)}
      </p>
    </div>
  );
}

const percentOf = (backup: Backup | undefined): number =>
  backup?.pages_total ? (100 * (backup.pages_done ?? 0)) / backup.pages_total : 0;

/** One sentence on how a backup stands. */
export function outcome(backup: Backup | undefined): string {
  if (!backup) return "Starting…";
  switch (backup.status) {
    case "running":
      return backup.pages_total ? `Copying, ${Math.round(percentOf(backup))} %` : "Copying…";
    case "verified":
      return `Saved and verified: ${bytes(backup.size_bytes ?? 0)}, ${plural(backup.runs ?? 0, "run")}${backup.duration_ms === null ? "" : `, in ${duration(backup.duration_ms)}`}.`;
    case "cancelled":
      return "Cancelled. Nothing was kept.";
    case "failed":
      return [backup.error?.message ?? "It failed.", backup.error?.hint].filter(Boolean).join(" ");
  }
}
