/** What the benches share: percentiles, a line of JSON out of a child process, and a table with ratios. */
import { spawn } from "node:child_process";

export interface Figures {
  [name: string]: number;
}

/** The value below which `share` of the samples lie. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Run a bench program in a process of its own; its last line of stdout is its figures. */
export async function figuresOf(program: string, args: readonly string[]): Promise<Figures> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const last = out.trim().split("\n").at(-1) ?? "";
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${last}`);
  return JSON.parse(last) as Figures;
}

/** Minimum, median and maximum of a figure over the rounds. */
export function spread(rounds: readonly Figures[], name: string): { min: number; median: number; max: number } {
  const values = rounds.map((round) => round[name] ?? Number.NaN);
  return { min: Math.min(...values), median: percentile(values, 0.5), max: Math.max(...values) };
}

const round = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));

export const shown = ({ min, median, max }: { min: number; median: number; max: number }): string =>
  `${round(min)} / ${round(median)} / ${round(max)}`;
