/** What a list shows when it has nothing, and what it shows until it knows. */
import type { ReactNode } from "react";
import { Icon, type IconName } from "./icons.tsx";
import "./notes.css";

export function Empty({
  icon,
  title,
  children,
  action,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={icon} size={24} />
      </span>
      <h2>{title}</h2>
      {children && <p className="empty-words">{children}</p>}
      {action}
    </div>
  );
}

const BARS = ["a", "b", "c", "d", "e", "f"];

/** Appears only after 150 ms (in the style sheet), so that a quick answer never flickers. */
export function Loading({ label = "Loading" }: { label?: string }) {
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {BARS.map((bar) => (
        <div key={bar} />
      ))}
    </div>
  );
}
