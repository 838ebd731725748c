/** Which dialog of the frame is open. Any screen may ask for one; the frame shows it. */
import { createStore } from "../parts/store.ts";

/** What a new run starts from: a saved workflow, or an earlier run with its inputs. */
export type RunSource =
  | { from: "workflow"; workflowId: number | null; inputs?: Record<string, unknown> }
  | { from: "run"; runId: string };

export const runDialog = createStore<RunSource | null>(null);
export const shortcutsDialog = createStore(false);

export interface ConsentQuestion {
  title: string;
  commands: string[];
  answer(allowed: boolean): void;
}

export const consentDialog = createStore<ConsentQuestion | null>(null);

/** Show the commands of a workflow that came from elsewhere and ask; resolves with the answer. */
export const askConsent = (title: string, commands: string[]): Promise<boolean> =>
  new Promise((resolve) => {
    consentDialog.set({
      title,
      commands,
      answer(allowed) {
        consentDialog.set(null);
        resolve(allowed);
      },
    });
  });
