/** Asked once for a workflow that came from elsewhere and runs commands: here they are, may they run? */
import { Button, Group, Modal } from "@mantine/core";
import { useStore } from "../parts/store.ts";
import { plural } from "../parts/time.ts";
import { consentDialog } from "./dialogs.ts";

export function ConsentDialog() {
  const question = useStore(consentDialog);
  const answer = (allowed: boolean) => question?.answer(allowed);
  return (
    <Modal opened={question !== null} onClose={() => answer(false)} title="Allow these commands?" size="lg">
      {question && (
        <>
          <p className="dialog-text">
            “{question.title}” runs {plural(question.commands.length, "command")} on this machine, as you. You are asked
            once.
          </p>
          <ul className="commands">
            {question.commands.map((command) => (
              <li key={command} className="mono">
                {command}
              </li>
            ))}
          </ul>
          <Group justify="flex-end" gap="xs" mt="md">
            <Button variant="default" onClick={() => answer(false)}>
              Cancel
            </Button>
            <Button onClick={() => answer(true)} data-autofocus>
              Allow and run
            </Button>
          </Group>
        </>
      )}
    </Modal>
  );
}
