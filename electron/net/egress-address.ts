/** Which kind of network an IP address belongs to. Pure; no lookups here. */
import ipaddr from "ipaddr.js";

/**
 * `public`: the open internet. `local`: this machine and private networks, allowed only when the person says so.
 * `special`: link-local, multicast, reserved and the like; reached only through a target that is named by host and port.
 */
export type AddressKind = "public" | "local" | "special";

const LOCAL_RANGES: ReadonlySet<string> = new Set(["loopback", "private", "carrierGradeNat", "uniqueLocal"]);

/** The kind of an address, and the range's name. An IPv6 address that carries an IPv4 one is judged by that one. */
export function classifyAddress(address: string): { kind: AddressKind; range: string } {
  if (!ipaddr.isValid(address)) return { kind: "special", range: "invalid" };
  const parsed = ipaddr.parse(address);
  const inner = parsed instanceof ipaddr.IPv6 ? embeddedIPv4(parsed) : null;
  const range = (inner ?? parsed).range();
  if (range === "unicast") return { kind: "public", range };
  return { kind: LOCAL_RANGES.has(range) ? "local" : "special", range };
}

/** True if the host of a URL is an IP address; brackets of IPv6 are accepted. */
export const isAddress = (host: string): boolean => ipaddr.isValid(bare(host));

/** The host without the brackets that a URL puts round an IPv6 address. */
export const bare = (host: string): string => host.replace(/^\[|\]$/g, "");

function embeddedIPv4(address: ipaddr.IPv6): ipaddr.IPv4 | null {
  const bytes = address.toByteArray();
  switch (address.range()) {
    case "ipv4Mapped":
    case "rfc6145":
      return new ipaddr.IPv4(bytes.slice(12));
    case "6to4":
      return new ipaddr.IPv4(bytes.slice(2, 6));
    case "rfc6052":
      // 64:ff9b:1::/48 is for translation inside one network; only the well-known prefix leads to the internet.
      return address.match(ipaddr.IPv6.parse("64:ff9b::"), 96) ? new ipaddr.IPv4(bytes.slice(12)) : null;
    default:
      return null;
  }
}
