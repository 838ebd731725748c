/** The step types by group; a click puts a working example into the text. */
import { Button, Popover, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { StepTypeInfo } from "../../shared/step-type.ts";
import { stepTypesQuery } from "../api/queries.ts";
import { ErrorNote } from "../parts/error-note.tsx";
import { Icon } from "../parts/icons.tsx";

const GROUPS = { core: "Flow", local: "This machine", data: "Data", network: "Network" } as const satisfies Record<
  StepTypeInfo["group"],
  string
>;

export function StepPalette({ onInsert }: { onInsert: (type: StepTypeInfo) => void }) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const types = useQuery(stepTypesQuery);
  const fits = (types.data ?? []).filter((type) =>
    `${type.name} ${type.title} ${type.description}`.toLowerCase().includes(text.toLowerCase()),
  );
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-start" width={380} shadow="md" trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => setOpen(!open)}
          aria-expanded={open}
        >
          Insert step
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={0}>
        <div className="palette-search">
          <TextInput
            aria-label="Search step types"
            placeholder="What should it do?"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            data-autofocus
          />
        </div>
        <div className="palette-list">
          {types.isError && <ErrorNote error={types.error} onRetry={() => void types.refetch()} />}
          {(Object.keys(GROUPS) as StepTypeInfo["group"][]).map((group) => {
            const members = fits.filter((type) => type.group === group);
            if (members.length === 0) return null;
            return (
              <section key={group} aria-label={GROUPS[group]}>
                <h3 className="label palette-group">{GROUPS[group]}</h3>
                {members.map((type) => (
                  <button
                    key={type.name}
                    type="button"
                    className="palette-item"
                    onClick={() => {
                      setOpen(false);
                      onInsert(type);
                    }}
                  >
                    <span className="line">
                      <strong>{type.title}</strong>
                      <span className="mono faint">{type.name}</span>
                    </span>
                    <span className="small dim">{type.description}</span>
                  </button>
                ))}
              </section>
            );
          })}
          {types.data && fits.length === 0 && <p className="dim palette-none">No step does that by name.</p>}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
