/** Where one can go. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { Link, type LinkProps } from "@tanstack/react-router";
import { Icon, type IconName } from "../parts/icons.tsx";

interface Place {
  to: LinkProps["to"];
  label: string;
  icon: IconName;
}

const MAIN: Place[] = [
  { to: "/runs", label: "Runs", icon: "runs" },
  { to: "/workflows", label: "Workflows", icon: "workflows" },
  { to: "/inbox", label: "Inbox", icon: "inbox" },
  { to: "/operations", label: "Operations", icon: "operations" },
];
const BELOW: Place[] = [
  { to: "/settings", label: "Settings", icon: "settings" },
  { to: "/help", label: "Help", icon: "help" },
];

export function Sidebar({
  waiting,
  collapsed,
  onToggle,
}: {
  waiting: number;
  collapsed: boolean;
  onToggle: () => void;
}) {
  return (
    <aside className="sidebar">
      <div className="sidebar-top">
        <img src="/icon.svg" alt="" width={20} height={20} />
        <span className="sidebar-name">Workflows</span>
        <ActionIcon
          size={26}
          onClick={onToggle}
          aria-label={collapsed ? "Open the sidebar" : "Collapse the sidebar"}
          aria-expanded={!collapsed}
        >
          <Icon name="sidebar" />
        </ActionIcon>
      </div>
      <nav aria-label="Main">
        {MAIN.map((place) => (
          <PlaceLink
            key={place.label}
            place={place}
            collapsed={collapsed}
            count={place.to === "/inbox" ? waiting : 0}
          />
        ))}
      </nav>
      <nav aria-label="App" className="sidebar-below">
        {BELOW.map((place) => (
          <PlaceLink key={place.label} place={place} collapsed={collapsed} count={0} />
        ))}
      </nav>
    </aside>
  );
}

function PlaceLink({ place, collapsed, count }: { place: Place; collapsed: boolean; count: number }) {
  return (
    <Tooltip label={place.label} position="right" disabled={!collapsed}>
      <Link
        to={place.to}
        className="place"
        activeProps={{ "data-active": true }}
        aria-label={collapsed ? waitingWords(place.label, count) : undefined}
      >
        <Icon name={place.icon} />
        <span className="place-label">{place.label}</span>
        {count > 0 && (
          <span className="place-count">
            {count}
            <span className="visually-hidden"> waiting</span>
          </span>
        )}
      </Link>
    </Tooltip>
  );
}

const waitingWords = (label: string, count: number): string => (count > 0 ? `${label}, ${count} waiting` : label);
