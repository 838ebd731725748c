/** How something that went wrong is told: what happened, what to do now, and small the code to quote. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { ApiError } from "../api/client.ts";
import { CopyButton } from "./copy-button.tsx";
import { Icon } from "./icons.tsx";
import "./notes.css";

interface Told {
  message: string;
  hint?: string;
  code?: string;
}

export function tell(error: unknown): Told {
  if (error instanceof ApiError) return { message: error.message, hint: error.hint, code: error.code };
  return { message: error instanceof Error ? error.message : String(error) };
}

/** An error in place of what could not be shown. */
export function ErrorNote({ error, onRetry, title }: { error: unknown; onRetry?: () => void; title?: string }) {
  const { message, hint, code } = tell(error);
  return (
    <Note tone="red" title={title ?? message} role="alert">
      {title && <p>{message}</p>}
      {hint && <p>{hint}</p>}
      <div className="note-foot">
        {onRetry && (
          <Button variant="default" size="compact-xs" onClick={onRetry}>
            Try again
          </Button>
        )}
        {code && <span className="mono faint">{code}</span>}
        {code && <CopyButton label="Copy details" text={[message, hint, code].filter(Boolean).join("\n")} />}
      </div>
    </Note>
  );
}

interface NoteProps {
  tone: "red" | "violet" | "amber" | "grey" | "blue";
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  role?: "alert" | "status" | "region";
  label?: string;
}

/** A box that speaks about the page as a whole: a failure, a question, a state. */
export function Note({ tone, title, children, actions, role = "region", label }: NoteProps) {
  return (
    <section className="note" data-tone={tone} role={role} aria-label={label}>
      <span className="note-icon">
        <Icon name={tone === "violet" ? "hand" : tone === "grey" ? "dot" : "warning"} />
      </span>
      <div className="note-body">
        <p className="note-title">{title}</p>
        {children}
        {actions && <div className="note-actions">{actions}</div>}
      </div>
    </section>
  );
}
