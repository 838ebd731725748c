/** The editor itself, for a new workflow and for the next version of one. */
import { Button } from "@mantine/core";
import { useMemo, useRef, useState } from "react";
import type { StepTypeInfo } from "../../shared/step-type.ts";
import { Icon } from "../parts/icons.tsx";
import { plural } from "../parts/time.ts";
import { type CodeHandle, CodePane } from "./code-pane.tsx";
import { Outline } from "./outline.tsx";
import { freeStepId, placeOf, withStep } from "./source-map.ts";
import { StepPalette } from "./step-palette.tsx";
import { type Check, type Listed, useProblems } from "./use-problems.ts";
import { useSave } from "./use-save.ts";
import { useUnsavedGuard } from "./use-unsaved-guard.tsx";
import "./editor.css";

interface EditorProps {
  title: string;
  /** What a new version is based on; null for a new workflow. */
  base: { id: number; version: number } | null;
  initial: string;
}

export function Editor({ title, base, initial }: EditorProps) {
  const [text, setText] = useState(initial);
  const code = useRef<CodeHandle>(null);
  const check = useProblems(text);
  const { parsed, problems } = check;
  const drawn = useLastGood(parsed.value);
  const guard = useUnsavedGuard(text !== initial);
  const { save, saving } = useSave({ base, text, onSaved: guard.release });
  const wrong = useMemo(
    () => new Set(problems.map(({ path }) => /^(steps|finally)\[\d+\]/.exec(path)?.[0] ?? "")),
    [problems],
  );

  function insert(type: StepTypeInfo): void {
    const id = freeStepId(parsed.value, type.name);
    const next = withStep(text, { id, type: type.name, config: type.example });
    setText(next.text);
    // The new text reaches the editor with the next drawing.
    requestAnimationFrame(() => code.current?.goTo(next.at));
  }

  return (
    <div className="page">
      <header className="editor-head">
        <h1 className="page-title cut">{title}</h1>
        {base && <span className="dim">a new version, from #{base.version}</span>}
        <span className="grow" />
        <StepPalette onInsert={insert} />
      </header>
      <div className="editor-panes">
        <div className="editor-text">
          <CodePane ref={code} text={text} marks={problems} onChange={setText} />
        </div>
        <section className="editor-outline" aria-label="Outline">
          <Outline definition={drawn} wrong={wrong} onOpen={(path) => code.current?.goTo(placeOf(parsed, path).from)} />
        </section>
      </div>
      <Problems check={check} onOpen={(problem) => code.current?.goTo(problem.from)} />
      <footer className="editor-foot">
        <Verdict check={check} />
        <span className="grow" />
        <Button variant="default" disabled={!check.valid} loading={saving === "save"} onClick={() => save("save")}>
          Save
        </Button>
        <Button
          disabled={!check.valid}
          loading={saving === "save-and-run"}
          leftSection={<Icon name="play" size={13} />}
          onClick={() => save("save-and-run")}
        >
          Save and run
        </Button>
      </footer>
      {guard.dialog}
    </div>
  );
}

/** While a line is being typed the text is often no YAML for a moment; the drawing then stays as it was. */
function useLastGood<T>(value: T | undefined): T | undefined {
  const [last, setLast] = useState(value);
  if (value !== undefined && value !== last) setLast(value);
  return value ?? last;
}

function Problems({ check, onOpen }: { check: Check; onOpen: (problem: Listed) => void }) {
  if (check.problems.length === 0) return null;
  return (
    <ul className="problems" aria-label="Problems">
      {check.problems.map((problem) => (
        <li key={`${problem.path}:${problem.from}:${problem.message}`}>
          <button
            type="button"
            onClick={() => onOpen(problem)}
            data-tone={problem.severity === "error" ? "red" : "amber"}
          >
            <span className="problem-icon">
              <Icon name={problem.severity === "error" ? "cross" : "warning"} size={13} />
            </span>
            <span className="num faint problem-line">line {problem.line}</span>
            <span className="grow">
              {problem.message}
              {problem.hint && <span className="dim"> {problem.hint}</span>}
            </span>
            <span className="mono faint cut">{problem.path}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Verdict({ check }: { check: Check }) {
  const errors = check.problems.filter(({ severity }) => severity === "error").length;
  const [tone, words] = check.error
    ? (["amber", `It could not be checked: ${check.error.message}`] as const)
    : errors > 0
      ? (["red", plural(errors, "problem")] as const)
      : check.checking
        ? (["grey", "Checking…"] as const)
        : (["green", "Ready to save"] as const);
  return (
    <span className="status" data-tone={tone} role="status">
      <Icon name={tone === "green" ? "check" : tone === "red" ? "cross" : "clock"} size={14} />
      {words}
    </span>
  );
}
