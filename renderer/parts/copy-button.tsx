/** A small button that copies a text and says so for a moment. */
import { ActionIcon, CopyButton as Copier, Tooltip } from "@mantine/core";
import { Icon } from "./icons.tsx";

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  return (
    <Copier value={text} timeout={1200}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? "Copied" : label}>
          <ActionIcon size={22} onClick={copy} aria-label={label}>
            <Icon name={copied ? "check" : "copy"} size={13} />
          </ActionIcon>
        </Tooltip>
      )}
    </Copier>
  );
}
