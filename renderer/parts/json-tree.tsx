/** A value as a tree that opens and closes. Long lists and long texts show their beginning until asked for more. */
import { type ReactNode, useState } from "react";
import { CopyButton } from "./copy-button.tsx";
import { Icon } from "./icons.tsx";
import "./json-tree.css";

const FIRST_CHILDREN = 100;
const LONG_TEXT = 400;

/** The value under a heading with a copy button; a plain sentence when there is nothing. */
export function JsonPanel({ title, value, empty = "Nothing." }: { title: string; value: unknown; empty?: string }) {
  const nothing = value === null || value === undefined || (isBranch(value) && entriesOf(value).length === 0);
  return (
    <section className="json-panel" aria-label={title}>
      <header className="line">
        <p className="label grow">{title}</p>
        {!nothing && <CopyButton label={`Copy ${title.toLowerCase()}`} text={JSON.stringify(value, null, 2)} />}
      </header>
      {nothing ? <p className="faint small json-none">{empty}</p> : <JsonTree value={value} />}
    </section>
  );
}

export function JsonTree({ value }: { value: unknown }) {
  return (
    <div className="json-tree mono">
      {isBranch(value) ? <Children value={value} depth={0} /> : <Leaf value={value} />}
    </div>
  );
}

function Children({ value, depth }: { value: object; depth: number }) {
  const [shown, setShown] = useState(FIRST_CHILDREN);
  const entries = entriesOf(value);
  return (
    <>
      {entries.slice(0, shown).map(([key, child]) => (
        <Node key={key} name={key} value={child} depth={depth} />
      ))}
      {entries.length > shown && (
        <button type="button" className="json-more" onClick={() => setShown(shown + 10 * FIRST_CHILDREN)}>
          {entries.length - shown} more
        </button>
      )}
    </>
  );
}

function Node({ name, value, depth }: { name: string; value: unknown; depth: number }) {
  const [open, setOpen] = useState(depth < 2);
  if (!isBranch(value)) {
    return (
      <div className="json-line">
        <Key name={name} />
        <Leaf value={value} />
      </div>
    );
  }
  const size = entriesOf(value).length;
  return (
    <div className="json-node">
      <button type="button" className="json-line json-toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="json-arrow" data-open={open}>
          <Icon name="right" size={10} />
        </span>
        <Key name={name} />
        <span className="faint">{Array.isArray(value) ? `[${size}]` : `{${size}}`}</span>
      </button>
      {open && size > 0 && (
        <div className="json-children">
          <Children value={value} depth={depth + 1} />
        </div>
      )}
    </div>
  );
}

const Key = ({ name }: { name: string }) => <span className="json-key">{name}:</span>;

function Leaf({ value }: { value: unknown }): ReactNode {
  const [whole, setWhole] = useState(false);
  if (typeof value !== "string")
    return <span className={`json-${value === null ? "word" : typeof value}`}>{String(value)}</span>;
  if (whole || value.length <= LONG_TEXT) return <span className="json-string">{JSON.stringify(value)}</span>;
  return (
    <span className="json-string">
      {JSON.stringify(value.slice(0, LONG_TEXT)).slice(0, -1)}…{" "}
      <button type="button" className="json-more" onClick={() => setWhole(true)}>
        show all {value.length} characters
      </button>
    </span>
  );
}

const isBranch = (value: unknown): value is object => typeof value === "object" && value !== null;
const entriesOf = (value: object): [string, unknown][] => Object.entries(value);
