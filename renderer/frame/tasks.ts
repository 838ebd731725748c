/** What takes longer than a moment, followed from anywhere until its result was seen. So far these are backups. */
import { useMutation } from "@tanstack/react-query";
import { createBackup } from "../../shared/api/operations.ts";
import { call } from "../api/client.ts";
import { queryClient } from "../api/queries.ts";
import { createStore } from "../parts/store.ts";
import { toastError } from "../parts/toast.ts";

/** Ids of the backups that the tray shows. */
export const trackedBackups = createStore<readonly string[]>([]);

export const trackBackup = (id: string): void => trackedBackups.set((ids) => (ids.includes(id) ? ids : [...ids, id]));

export const forgetBackup = (id: string): void => trackedBackups.set((ids) => ids.filter((each) => each !== id));

/** Begin a backup; the tray shows how far it is. */
export function useBackUp() {
  return useMutation({
    mutationFn: () => call(createBackup, { body: {} }),
    onSuccess: (backup) => {
      trackBackup(backup.id);
      void queryClient.invalidateQueries({ queryKey: ["backups"] });
    },
    onError: (error) => toastError("The backup did not start", error),
  });
}
