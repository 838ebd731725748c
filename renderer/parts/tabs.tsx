/** A line of tabs. The chosen one lives in the address, so the caller holds it. */
import { type KeyboardEvent, type ReactNode, useId } from "react";

export interface TabItem<T extends string> {
  value: T;
  label: string;
  count?: number | string;
  mark?: ReactNode;
}

interface TabsLineProps<T extends string> {
  label: string;
  items: readonly TabItem<T>[];
  value: T;
  onChange(value: T): void;
  children?: ReactNode;
}

export function TabsLine<T extends string>({ label, items, value, onChange, children }: TabsLineProps<T>) {
  const id = useId();
  function moved(event: KeyboardEvent): void {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const index = items.findIndex((item) => item.value === value);
    const next = items[(index + step + items.length) % items.length];
    if (!next) return;
    onChange(next.value);
    document.getElementById(`${id}-${next.value}`)?.focus();
  }
  return (
    <div className="tabs-line">
      <div className="tabs" role="tablist" aria-label={label} onKeyDown={moved}>
        {items.map((item) => (
          <button
            key={item.value}
            id={`${id}-${item.value}`}
            type="button"
            role="tab"
            className="tab"
            aria-selected={item.value === value}
            tabIndex={item.value === value ? 0 : -1}
            onClick={() => onChange(item.value)}
          >
            {item.mark}
            {item.label}
            {item.count !== undefined && <span className="tab-count num">{item.count}</span>}
          </button>
        ))}
      </div>
      {children}
    </div>
  );
}
