/** The list of keys, under `?`. */
import { Modal } from "@mantine/core";
import { Fragment } from "react";
import { useStore } from "../parts/store.ts";
import { shortcutsDialog } from "./dialogs.ts";
import { KEYS } from "./keys.ts";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const PALETTE = { keys: [isMac ? "⌘ K" : "Ctrl K"], does: "Search and commands" };

export function ShortcutsDialog() {
  const open = useStore(shortcutsDialog);
  return (
    <Modal opened={open} onClose={() => shortcutsDialog.set(false)} title="Keyboard shortcuts" size="sm">
      <KeyList />
    </Modal>
  );
}

export function KeyList() {
  return (
    <dl className="keys">
      {[PALETTE, ...KEYS].map(({ keys, does }) => (
        <div key={does}>
          <dt>{does}</dt>
          <dd>
            {keys.map((key, index) => (
              <Fragment key={key}>
                {index > 0 && <span className="faint small"> then </span>}
                <kbd>{key}</kbd>
              </Fragment>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}
