/** Asks before a page with unsaved changes is left, inside the app and when the window closes. */
import { Button, Group, Modal } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { type ReactNode, useRef } from "react";

export function useUnsavedGuard(changed: boolean): { release(): void; dialog: ReactNode } {
  const released = useRef(false);
  const blocker = useBlocker({
    shouldBlockFn: () => changed && !released.current,
    enableBeforeUnload: () => changed && !released.current,
    withResolver: true,
  });
  const asking = blocker.status === "blocked";
  return {
    release: () => {
      released.current = true;
    },
    dialog: (
      <Modal opened={asking} onClose={() => blocker.reset?.()} title="Leave without saving?" size="sm">
        <p className="dialog-text">Your changes to this text are not saved and would be lost.</p>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => blocker.reset?.()} data-autofocus>
            Keep editing
          </Button>
          <Button color="red" onClick={() => blocker.proceed?.()}>
            Discard changes
          </Button>
        </Group>
      </Modal>
    ),
  };
}
