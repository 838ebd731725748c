/** A table whose rows exist only while they can be seen: 100,000 rows scroll like 100. Rows are of one height. */
// A row that exists only while it is seen has to be placed by hand, which a real <table> does not allow; the roles say what it is.
// biome-ignore-all lint/a11y/useSemanticElements: see above
// biome-ignore-all lint/a11y/useFocusableInteractive: the keyboard goes to the link or button inside a row
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, type Ref, useImperativeHandle, useRef } from "react";
import "./virtual-rows.css";

export interface RowsHandle {
  scrollToTop(): void;
  scrollToIndex(index: number): void;
  /** Puts the keyboard on a row: on the first link or button inside it. */
  focusRow(index: number): void;
}

interface VirtualRowsProps {
  label: string;
  count: number;
  rowHeight?: number;
  /** A CSS grid-template-columns shared by the head and all rows. */
  columns: string;
  /** Narrower than this, in pixels, the table scrolls sideways. */
  minWidth?: number;
  head?: ReactNode;
  rowKey(index: number): string | number;
  row(index: number): ReactNode;
  selected?: number;
  onScroll?(position: { fromTop: number; fromEnd: number }): void;
  /** Called when the last row comes into reach. */
  onEnd?(): void;
  footer?: ReactNode;
  ref?: Ref<RowsHandle>;
}

export function VirtualRows(props: VirtualRowsProps) {
  const {
    label,
    count,
    rowHeight = 32,
    columns,
    minWidth = 0,
    head,
    rowKey,
    row,
    selected,
    onScroll,
    onEnd,
    footer,
    ref,
  } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    getItemKey: rowKey,
  });
  useImperativeHandle(ref, () => ({
    scrollToTop: () => scroller.current?.scrollTo({ top: 0 }),
    scrollToIndex: (index) => virtual.scrollToIndex(index),
    focusRow(index) {
      virtual.scrollToIndex(index);
      // The row may not exist before the scroll has been drawn.
      requestAnimationFrame(() => {
        scroller.current
          ?.querySelector<HTMLElement>(`[data-index="${index}"] :is(a, button)`)
          ?.focus({ preventScroll: true });
      });
    },
  }));

  function scrolled(): void {
    const box = scroller.current;
    if (!box) return;
    const fromEnd = box.scrollHeight - box.scrollTop - box.clientHeight;
    onScroll?.({ fromTop: box.scrollTop, fromEnd });
    if (fromEnd < rowHeight * 20) onEnd?.();
  }

  return (
    <div className="rows" role="table" aria-label={label} aria-rowcount={count}>
      {head && (
        <div className="rows-head" role="row" style={{ gridTemplateColumns: columns, minWidth }}>
          {head}
        </div>
      )}
      <div className="rows-scroll" ref={scroller} onScroll={scrolled} role="presentation" style={{ minWidth }}>
        <div className="rows-space" style={{ height: virtual.getTotalSize() }} role="rowgroup">
          {virtual.getVirtualItems().map((item) => (
            <div
              key={item.key}
              className="rows-row"
              role="row"
              data-index={item.index}
              aria-rowindex={item.index + 1}
              data-selected={item.index === selected || undefined}
              style={{ gridTemplateColumns: columns, height: rowHeight, transform: `translateY(${item.start}px)` }}
            >
              {row(item.index)}
            </div>
          ))}
        </div>
        {footer}
      </div>
    </div>
  );
}

export function Cell({
  children,
  className = "",
  title,
}: {
  children?: ReactNode;
  className?: string;
  title?: string;
}) {
  return (
    <div className={`cell ${className}`} role="cell" title={title}>
      {children}
    </div>
  );
}

export function HeadCell({ children, className = "" }: { children?: ReactNode; className?: string }) {
  return (
    <div className={`cell ${className}`} role="columnheader">
      {children}
    </div>
  );
}
