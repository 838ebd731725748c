/** What a person may set about the screen, and which build this is. */
import { type MantineColorScheme, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { readinessQuery } from "../api/queries.ts";
import { desktop } from "../desktop-bridge.ts";
import { usePageName } from "../frame/trail.ts";
import "../operations/operations.css";

const SCHEMES: { value: MantineColorScheme; label: string }[] = [
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
  { value: "auto", label: "System" },
];

export function SettingsPage() {
  usePageName("Settings");
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div className="page">
      <header className="page-head">
        <h1 className="page-title">Settings</h1>
      </header>
      <div className="page-scroll">
        <div className="sections">
          <section aria-label="Appearance">
            <h2 className="section-title">Appearance</h2>
            <SegmentedControl
              size="xs"
              aria-label="Theme"
              data={SCHEMES}
              value={colorScheme}
              onChange={(value) => setColorScheme(value as MantineColorScheme)}
            />
          </section>
          <About />
        </div>
      </div>
    </div>
  );
}

function About() {
  const ready = useQuery(readinessQuery).data;
  const versions = desktop()?.versions;
  const facts = [
    ["App", versions?.app ?? ready?.app_version],
    ["Electron", versions?.electron],
    ["Database schema", ready?.db?.schema_version],
    ["Database", ready?.db?.location],
    ["Data folder", ready?.data_dir],
  ] as const;
  return (
    <section aria-label="About">
      <h2 className="section-title">About</h2>
      <dl className="facts">
        {facts.map(([name, value]) =>
          value === undefined || value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd className={typeof value === "string" && value.includes("/") ? "mono" : ""}>{value}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}
