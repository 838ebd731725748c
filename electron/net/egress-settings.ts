/** What the outbound policy is set to, read from environment names and from the app's settings. Pure. */

/** One source of host rules. Empty `allow` means that this list allows every host. */
export interface HostList {
  /** Where the list comes from, as a person would look for it, e.g. `WORKFLOWS_EGRESS_ALLOWLIST`. */
  source: string;
  allow: readonly string[];
  deny: readonly string[];
}

export interface EgressSettings {
  /** Strict refuses every host that no allow-list names. */
  profile: "strict" | "permissive";
  /** Port numbers as text, as they are shown; `any` opens all. */
  allowedPorts: readonly string[] | "any";
  /** Refuse loopback and private addresses, apart from `localTargets`. */
  blockPrivate: boolean;
  lists: readonly HostList[];
  /** `host:port` pairs in local or special networks that the person allowed by name; their port is open too. */
  localTargets: readonly string[];
}

export const DEFAULT_PORTS = ["80", "443", "8080"] as const;

/** The same settings for a protocol with ports of its own. Ports that a person has set stay as they are. */
export function withHomePorts(settings: EgressSettings, ports: readonly number[]): EgressSettings {
  const { allowedPorts } = settings;
  const isDefault = allowedPorts !== "any" && allowedPorts.join() === DEFAULT_PORTS.join();
  return isDefault ? { ...settings, allowedPorts: [...DEFAULT_PORTS, ...ports.map(String)] } : settings;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The policy for steps, or for completion webhooks, which obey the webhook lists as well.
 * A tenant's list stands beside the global one; both must agree.
 */
export function egressSettings(
  env: Environment,
  options: { purpose?: "step" | "webhook"; tenant?: string; localTargets?: readonly string[] } = {},
): EgressSettings {
  const suffix = `_${(options.tenant ?? "default").toUpperCase().replaceAll("-", "_")}`;
  const families = ["EGRESS", "WORKFLOWS_EGRESS", ...(options.purpose === "webhook" ? ["WORKFLOWS_WEBHOOK"] : [])];
  return {
    profile: env.WORKFLOWS_EGRESS_PROFILE?.trim().toLowerCase() === "strict" ? "strict" : "permissive",
    allowedPorts: portsFrom(env.WORKFLOWS_EGRESS_ALLOWED_PORTS),
    blockPrivate: !isOff(env.WORKFLOWS_EGRESS_BLOCK_PRIVATE),
    lists: families.flatMap((family) => ["", suffix].flatMap((end) => listFrom(env, family, end))),
    localTargets: options.localTargets ?? [],
  };
}

function listFrom(env: Environment, family: string, end: string): HostList[] {
  const allow = words(env[`${family}_ALLOWLIST${end}`]);
  const deny = words(env[`${family}_DENYLIST${end}`]);
  return allow.length + deny.length === 0 ? [] : [{ source: `${family}_*LIST${end}`, allow, deny }];
}

function portsFrom(text: string | undefined): readonly string[] | "any" {
  const ports = words(text);
  if (ports.some((port) => port === "*" || port === "any" || port === "all")) return "any";
  return ports.length > 0 ? ports : DEFAULT_PORTS;
}

const words = (text: string | undefined): string[] =>
  (text ?? "")
    .split(/[\s,]+/)
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== "");

const isOff = (text: string | undefined): boolean =>
  ["0", "false", "no", "off"].includes((text ?? "").trim().toLowerCase());
