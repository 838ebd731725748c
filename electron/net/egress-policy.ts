/**
 * May this machine send a request there? Every rule is looked at and told, so that "Test URL" can show why.
 * Pure but for the resolver that is passed in; nothing is sent from here.
 */
import { bare, classifyAddress, isAddress } from "./egress-address.ts";
import type { EgressSettings, HostList } from "./egress-settings.ts";

export type EgressReason =
  | "invalid_url"
  | "unsupported_scheme"
  | "userinfo_not_allowed"
  | "port_not_allowed"
  | "host_denied"
  | "host_not_allowed"
  | "dns_unresolved"
  | "address_forbidden";

export interface EgressRule {
  rule: "url" | "scheme" | "userinfo" | "port" | "denylist" | "allowlist" | "resolve" | "address";
  verdict: "pass" | "fail" | "skipped";
  detail: string;
}

export interface EgressDecision {
  allowed: boolean;
  /** The first rule that said no; null when allowed. */
  reason_code: EgressReason | null;
  rules: EgressRule[];
  /** The vetted addresses. A sender connects to these and to no other. */
  addresses: string[];
}

/** All addresses of a host name. Rejects, or gives none, when the name is not known. */
export type Resolve = (host: string) => Promise<string[]>;

/** Judge a URL. Stops at the first rule that fails: the rules after it are not listed. */
export async function evaluateEgress(url: string, settings: EgressSettings, resolve: Resolve): Promise<EgressDecision> {
  const rules: EgressRule[] = [];
  return judgeTarget(judgeUrl(url, settings, rules), settings, resolve, rules);
}

/** Judge a host and port for a protocol that is not HTTP, by the same rules. */
export async function evaluateTarget(
  { host, port }: { host: string; port: number },
  settings: EgressSettings,
  resolve: Resolve,
): Promise<EgressDecision> {
  const rules: EgressRule[] = [];
  return judgeTarget(judgeHostAndPort(host, port, settings, rules), settings, resolve, rules);
}

async function judgeTarget(
  target: Target | EgressReason,
  settings: EgressSettings,
  resolve: Resolve,
  rules: EgressRule[],
): Promise<EgressDecision> {
  const refused = (reason_code: EgressReason): EgressDecision => ({
    allowed: false,
    reason_code,
    rules,
    addresses: [],
  });
  if (typeof target === "string") return refused(target);
  const byName = judgeHost(target, settings, rules);
  if (byName) return refused(byName);

  const addresses = isAddress(target.host) ? [bare(target.host)] : await resolved(resolve, target.host);
  if (addresses.length === 0) {
    rules.push({ rule: "resolve", verdict: "fail", detail: `No address is known for ${target.host}.` });
    return refused("dns_unresolved");
  }
  rules.push({ rule: "resolve", verdict: "pass", detail: `${target.host} is ${addresses.join(", ")}.` });
  const byAddress = judgeAddresses(addresses, target, settings, rules);
  if (byAddress) return refused(byAddress);
  return { allowed: true, reason_code: null, rules, addresses };
}

interface Target {
  host: string;
  port: string;
  /** Named by host and port in the settings. */
  named: boolean;
}

function judgeUrl(text: string, settings: EgressSettings, rules: EgressRule[]): Target | EgressReason {
  // The URL parser writes decimal, hexadecimal and octal hosts as dotted numbers, and names in ASCII.
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url?.hostname) {
    rules.push({ rule: "url", verdict: "fail", detail: "This is not a complete URL." });
    return url && !isWeb(url) ? failScheme(url, rules) : "invalid_url";
  }
  rules.push({ rule: "url", verdict: "pass", detail: `${url.protocol}//${url.host}` });
  if (!isWeb(url)) return failScheme(url, rules);
  rules.push({ rule: "scheme", verdict: "pass", detail: url.protocol.slice(0, -1) });
  if (url.username || url.password) {
    rules.push({
      rule: "userinfo",
      verdict: "fail",
      detail: "A name or password inside a URL ends up in logs; use a header.",
    });
    return "userinfo_not_allowed";
  }
  rules.push({ rule: "userinfo", verdict: "pass", detail: "none" });
  return judgePort(url.hostname, url.port || (url.protocol === "https:" ? "443" : "80"), settings, rules);
}

function judgeHostAndPort(
  host: string,
  port: number,
  settings: EgressSettings,
  rules: EgressRule[],
): Target | EgressReason {
  const written = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  // The same parser as for URLs writes the host in its one plain form; what brings more than a host is none.
  const url = URL.canParse(`http://${written}/`) ? new URL(`http://${written}/`) : null;
  if (!url || url.href !== `http://${url.hostname}/`) {
    rules.push({ rule: "url", verdict: "fail", detail: "This is not the name or address of a host." });
    return "invalid_url";
  }
  rules.push({ rule: "url", verdict: "pass", detail: `${url.hostname}:${port}` });
  return judgePort(url.hostname, String(port), settings, rules);
}

function judgePort(
  hostname: string,
  port: string,
  settings: EgressSettings,
  rules: EgressRule[],
): Target | EgressReason {
  const host = hostname.replace(/\.$/, "");
  const named = settings.localTargets.some((one) => one.toLowerCase() === `${host}:${port}`);
  if (!named && settings.allowedPorts !== "any" && !settings.allowedPorts.includes(port)) {
    const detail = `Port ${port} is not among ${settings.allowedPorts.join(", ")} (WORKFLOWS_EGRESS_ALLOWED_PORTS).`;
    rules.push({ rule: "port", verdict: "fail", detail });
    return "port_not_allowed";
  }
  rules.push({ rule: "port", verdict: "pass", detail: port });
  return { host, port, named };
}

const isWeb = (url: URL): boolean => url.protocol === "http:" || url.protocol === "https:";

function failScheme(url: URL, rules: EgressRule[]): EgressReason {
  rules.push({ rule: "scheme", verdict: "fail", detail: `${url.protocol.slice(0, -1)} is not http or https.` });
  return "unsupported_scheme";
}

/** Denial first, from whatever list; then every list that allows anything must allow this host. */
function judgeHost(target: Target, settings: EgressSettings, rules: EgressRule[]): EgressReason | null {
  const denying = settings.lists.find((list) => list.deny.some((entry) => hostMatches(entry, target)));
  if (denying) {
    rules.push({ rule: "denylist", verdict: "fail", detail: `${target.host} is denied by ${denying.source}.` });
    return "host_denied";
  }
  rules.push({ rule: "denylist", verdict: "pass", detail: "not listed" });
  const allowing = settings.lists.filter((list) => list.allow.length > 0);
  const missing = allowing.find((list: HostList) => !list.allow.some((entry) => hostMatches(entry, target)));
  if (missing || (settings.profile === "strict" && allowing.length === 0)) {
    const detail = missing
      ? `${target.host} is not allowed by ${missing.source}.`
      : "The strict profile allows only hosts that an allow-list names, and there is none.";
    rules.push({ rule: "allowlist", verdict: "fail", detail });
    return "host_not_allowed";
  }
  rules.push({
    rule: "allowlist",
    verdict: allowing.length > 0 ? "pass" : "skipped",
    detail: allowing.length > 0 ? `allowed by ${allowing.map((list) => list.source).join(" and ")}` : "no list is set",
  });
  return null;
}

/** One bad address is enough: which of them a connection takes is not ours to choose later. */
function judgeAddresses(
  addresses: string[],
  target: Target,
  settings: EgressSettings,
  rules: EgressRule[],
): EgressReason | null {
  for (const address of addresses) {
    const { kind, range } = classifyAddress(address);
    if (kind === "public" || target.named || (kind === "local" && !settings.blockPrivate)) continue;
    rules.push({ rule: "address", verdict: "fail", detail: `${address} is in the ${range} range.` });
    return "address_forbidden";
  }
  rules.push({ rule: "address", verdict: "pass", detail: target.named ? "named in the settings" : "allowed" });
  return null;
}

/** `example.com` also covers its subdomains, `*.example.com` covers only them, `*` covers all; `:port` narrows. */
export function hostMatches(entry: string, target: { host: string; port: string }): boolean {
  const text = entry.trim().toLowerCase();
  const port = /(?<=[^:]|\]):(\d+)$/.exec(text)?.[1];
  const withPort = port !== undefined && (text.startsWith("[") || text.split(":").length === 2);
  if (withPort && port !== target.port) return false;
  const pattern = bare(withPort ? text.slice(0, -(port.length + 1)) : text).replace(/\.$/, "");
  const host = bare(target.host).toLowerCase();
  if (pattern === "*") return true;
  if (pattern.startsWith("*.")) return host.endsWith(pattern.slice(1));
  return host === pattern || host.endsWith(`.${pattern}`);
}

async function resolved(resolve: Resolve, host: string): Promise<string[]> {
  try {
    return await resolve(host);
  } catch {
    // Not knowing a name is an answer of its own kind, told apart from a refusal by its reason code.
    return [];
  }
}
