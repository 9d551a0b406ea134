/** Runs a command within a bound of memory that the kernel holds (a cgroup), and tells what it took. Linux only. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface Usage {
  readonly wallS: number;
  readonly cpuS: number;
  /** Of the largest process. */
  readonly peakRssMb: number;
}

interface Group {
  /** Joined by writing a process id to it. */
  readonly procs: string;
  remove(): Promise<void>;
}

/** Version 2 of cgroups has one tree, version 1 one for memory. */
const TREES = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { root: '/sys/fs/cgroup', limit: 'memory.max' },
];

/** A cgroup with this limit, or undefined where this user may make none. */
async function createGroup(bytes: number): Promise<Group | undefined> {
  for (const { root, limit } of TREES) {
    const folder = path.join(root, `airtempo-full-size-${String(process.pid)}`);
    try {
      await mkdir(folder);
      await writeFile(path.join(folder, limit), String(bytes));
      return { procs: path.join(folder, 'cgroup.procs'), remove: () => rmdir(folder) };
    } catch {
      if (existsSync(folder)) await rmdir(folder);
    }
  }
  return undefined;
}

/** Runs commands one after another, each within the bound: the kernel kills what needs more. */
export async function withinMemory<Result>(
  bytes: number,
  work: (run: (command: readonly string[]) => Promise<Usage>, isHeld: boolean) => Promise<Result>,
): Promise<Result> {
  const group = await createGroup(bytes);
  const folder = await mkdtemp(path.join(tmpdir(), 'airtempo-limited-'));
  try {
    return await work((command) => measure(command, group, path.join(folder, 'times')), group !== undefined);
  } finally {
    await rm(folder, { recursive: true });
    await group?.remove();
  }
}

async function measure(command: readonly string[], group: Group | undefined, times: string): Promise<Usage> {
  const join = group === undefined ? '' : `echo $$ > ${group.procs} && `;
  const script = `${join}exec /usr/bin/time -o "$0" -f '%e %U %S %M' "$@"`;
  const child = spawn('sh', ['-c', script, times, ...command], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'close')) as [number | null];
  const text = await readFile(times, 'utf8');
  if (code !== 0) throw new Error(`${command.join(' ')}: ${text}`);
  const [wallS = 0, userS = 0, systemS = 0, peakKb = 0] = text.trim().split(' ').map(Number);
  return { wallS, cpuS: Number((userS + systemS).toFixed(1)), peakRssMb: Math.round(peakKb / 1024) };
}
