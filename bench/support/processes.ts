/** CPU time of process trees and memory of processes, from /proc. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux reports times in ticks of 10 ms to every program. */
const TICK_S = 0.01;

interface Stat {
  readonly parent: number;
  /** CPU seconds of the process, and of its children that have ended. */
  readonly own: number;
  readonly ended: number;
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // The name, in brackets, may hold spaces: count from behind it.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
    return { parent: fields[1] ?? 0, own: (utime + stime) * TICK_S, ended: (cutime + cstime) * TICK_S };
  } catch {
    return undefined; // it has ended meanwhile
  }
}

/** CPU seconds of a process and of all its children, ended or not. */
export function readTreeCpuS(root: number): number {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? readStat(pid) : undefined;
    if (stat !== undefined) stats.set(pid, stat);
  }
  const sum = (pid: number): number => {
    const stat = stats.get(pid);
    if (stat === undefined) return 0;
    let total = stat.own + stat.ended;
    for (const [child, { parent }] of stats) if (parent === pid) total += sum(child);
    return total;
  };
  return sum(root);
}

/** CPU seconds of the children of a process that have ended, with all of theirs. */
export function readEndedCpuS(pid: number): number {
  return readStat(pid)?.ended ?? 0;
}

/** Resident memory of a process in MB: now, and the most that it ever was. */
export function readMemoryMb(pid: number): { readonly rssMb: number; readonly peakRssMb: number } {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  const read = (field: string): number =>
    Math.round(Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024);
  return { rssMb: read('VmRSS'), peakRssMb: read('VmHWM') };
}
