/** Link headers: the address that was asked for, with some of its query changed. */

/** `changes`: null takes a parameter away. A ticket never goes into a link. */
export function linkTo(target: string, rel: string, changes: Record<string, string | number | null>): string {
  const [path = "/", search = ""] = target.split("?", 2);
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries({ ...changes, ticket: null })) {
    if (value === null) query.delete(name);
    else query.set(name, String(value));
  }
  return `<${path}?${query}>; rel="${rel}"`;
}
