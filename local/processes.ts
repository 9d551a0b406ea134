/**
 * Looking at other processes: is one alive, is it still the same one, what is it running? Linux answers through
 * /proc, macOS through `ps`. It only looks; ending a process is the business of child.ts and leftovers.ts.
 */

import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A process as seen from outside. */
export interface ProcessInfo {
  readonly pid: number;
  /** The arguments, program first. On macOS the line is split at spaces, so an argument with a space is in pieces. */
  readonly argv: readonly string[];
  /** The whole command line, for searching. */
  readonly commandLine: string;
  /** The working folder, where the system tells it. */
  readonly cwd: string | undefined;
}

/** Whether a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * A mark that tells one process from a later one with the same id: its start time as the system writes it.
 * Undefined when the process is gone or a zombie.
 */
export async function readStartMark(pid: number): Promise<string | undefined> {
  return process.platform === 'linux' ? readLinuxStartMark(pid) : readPsStartMark(pid);
}

async function readLinuxStartMark(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  // The program's name is in brackets and may hold spaces and brackets: count the fields after the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  return state === 'Z' || state === 'X' ? undefined : fields[19];
}

async function readPsStartMark(pid: number): Promise<string | undefined> {
  const result = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => undefined);
  return result?.stdout.trim() || undefined;
}

/** Every process that this user may see. */
export async function listProcesses(): Promise<readonly ProcessInfo[]> {
  return process.platform === 'linux' ? listLinuxProcesses() : listPsProcesses();
}

async function listLinuxProcesses(): Promise<readonly ProcessInfo[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(readLinuxProcess));
  return found.filter((info) => info !== undefined);
}

async function readLinuxProcess(pid: number): Promise<ProcessInfo | undefined> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (text === '') return undefined;
  const argv = text.split('\0').filter((part) => part !== '');
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return { pid, argv, commandLine: argv.join(' '), cwd };
}

async function listPsProcesses(): Promise<readonly ProcessInfo[]> {
  const { stdout } = await run('ps', ['-axww', '-o', 'pid=,command='], { maxBuffer: 32 * 1024 * 1024 });
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(.*)$/.exec(line);
    if (!match?.[1] || !match[2]) return [];
    return [{ pid: Number(match[1]), argv: match[2].split(' '), commandLine: match[2], cwd: undefined }];
  });
}
