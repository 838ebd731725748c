/** The icons, drawn on a 16-pixel grid with one stroke. They carry no meaning alone: a word stands beside them or in a label. */
import type { ReactNode } from "react";

const PATHS = {
  runs: <path d="M2.5 4h7M2.5 8h11M2.5 12h5" />,
  workflows: (
    <>
      <circle cx="3.7" cy="4" r="1.7" />
      <circle cx="12.3" cy="8" r="1.7" />
      <circle cx="3.7" cy="12" r="1.7" />
      <path d="M5.4 4H8a2 2 0 0 1 2 2v0a2 2 0 0 0 .6 1.4M5.4 12H8a2 2 0 0 0 2-2v0a2 2 0 0 1 .6-1.4" />
    </>
  ),
  inbox: <path d="M2 9.5 4 3h8l2 6.5V13H2V9.5Zm0 0h3.6L6.6 11h2.8l1-1.5H14" />,
  operations: <path d="M2 4.5h6.5M12 4.5h2M2 11.5h2M7.5 11.5H14M10.2 2.8v3.4M5.8 9.8v3.4" />,
  settings: (
    <>
      <circle cx="8" cy="8" r="2.2" />
      <path d="M8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4" />
    </>
  ),
  help: (
    <>
      <circle cx="8" cy="8" r="6.2" />
      <path d="M6.2 6.3A1.9 1.9 0 0 1 8 4.9c1 0 1.9.7 1.9 1.7 0 1.4-1.9 1.5-1.9 2.8M8 11.4v.1" />
    </>
  ),
  search: (
    <>
      <circle cx="7" cy="7" r="4.3" />
      <path d="m10.2 10.2 3.6 3.6" />
    </>
  ),
  play: <path d="M4.8 3v10l8-5-8-5Z" />,
  pause: <path d="M5.4 3.2v9.6M10.6 3.2v9.6" />,
  stop: <path d="M4 4h8v8H4z" />,
  retry: <path d="M13 3v3.4H9.6M13 6.2A5.4 5.4 0 1 0 13.3 9" />,
  rerun: <path d="M3 5.2h7.2a2.8 2.8 0 0 1 0 5.6H4.5M5.2 3 3 5.2l2.2 2.2" />,
  check: <path d="m3 8.6 3.3 3.2L13 4.6" />,
  cross: <path d="m4 4 8 8M12 4l-8 8" />,
  clock: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M8 4.8V8l2.2 1.5" />
    </>
  ),
  hand: (
    <>
      <circle cx="8" cy="5" r="2.4" />
      <path d="M3.2 13.4c.5-2.6 2.4-4 4.8-4s4.3 1.4 4.8 4" />
    </>
  ),
  skip: <path d="m3.5 4 5 4-5 4V4ZM11.8 4v8" />,
  dots: <path d="M3.4 8h.1M8 8h.1M12.6 8h.1" strokeWidth="2.2" />,
  right: <path d="m6 3.6 4.4 4.4L6 12.4" />,
  down: <path d="m3.6 6 4.4 4.4L12.4 6" />,
  left: <path d="M10 3.6 5.6 8l4.4 4.4" />,
  up: <path d="M3.6 10 8 5.6l4.4 4.4" />,
  copy: <path d="M5.5 5.5V2.8h7.7v7.7h-2.7M2.8 5.5h7.7v7.7H2.8z" />,
  download: <path d="M8 2.5v7.7M4.8 7.2 8 10.4l3.2-3.2M2.8 13.2h10.4" />,
  reveal: <path d="M2 12.6V3.4h4l1.4 1.8H14v7.4H2Z" />,
  plus: <path d="M8 3v10M3 8h10" />,
  edit: <path d="m3 13 .6-2.8 7.2-7.2 2.2 2.2-7.2 7.2L3 13ZM9.4 4.4l2.2 2.2" />,
  retire: <path d="M2.4 3.4h11.2v2.8H2.4zM3.6 6.2v6.6h8.8V6.2M6.4 9h3.2" />,
  sidebar: <path d="M2.4 3h11.2v10H2.4zM6 3v10" />,
  warning: <path d="M8 2.6 14.2 13H1.8L8 2.6ZM8 6.6v3M8 11.4v.1" />,
  file: <path d="M4 2.2h5.2L12 5v8.8H4V2.2ZM9 2.4V5.2h2.8" />,
  shield: <path d="M8 1.9 13 3.6v4.1c0 3-2 5.2-5 6.4-3-1.2-5-3.4-5-6.4V3.6l5-1.7ZM5.8 7.9l1.6 1.6 2.9-3" />,
  dot: <circle cx="8" cy="8" r="2.4" />,
  ring: <circle cx="8" cy="8" r="5" />,
  terminal: <path d="M2.4 3h11.2v10H2.4zM4.8 6l2 2-2 2M8.4 10.2h2.8" />,
} as const satisfies Record<string, ReactNode>;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {PATHS[name]}
    </svg>
  );
}
