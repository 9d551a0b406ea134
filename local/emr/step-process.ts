/** Runs what a step asks for as a process group of this machine, with its output in files. Knows nothing of clusters. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { isAlive, readStartMark } from '../processes.js';

/** A step's process, running. */
export interface StepProcess {
  readonly pid: number;
  readonly startMark: string;
  /** Settles when it has ended: its exit code, or the signal that ended it. Never rejects. */
  readonly exited: Promise<StepExit>;
  /** Sends a signal to the whole group: Spark's Java and its Python. */
  kill(signal: NodeJS.Signals): void;
}

export interface StepExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StepCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The files of a step on this machine, under the names they have in its log folder on S3. */
export function stepLogFiles(folder: string): { readonly stdout: string; readonly stderr: string } {
  return { stdout: path.join(folder, 'stdout'), stderr: path.join(folder, 'stderr') };
}

/** Starts the process in `folder`, which is made. Rejects when the command cannot be run. */
export async function startStepProcess(
  { command, args, env }: StepCommand,
  folder: string,
): Promise<StepProcess> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = stepLogFiles(folder);
  const [stdout, stderr] = await Promise.all([
    open(files.stdout, 'w', 0o600),
    open(files.stderr, 'w', 0o600),
  ]);
  try {
    const child = spawn(command, args, {
      cwd: folder,
      env: { ...env },
      detached: true, // a group of its own, so that all of it can be ended
      stdio: ['ignore', stdout.fd, stderr.fd],
    });
    const exited = new Promise<StepExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await once(child, 'spawn');
    const pid = child.pid as number; // set: the 'spawn' event has fired
    const startMark = (await readStartMark(pid)) ?? '';
    return { pid, startMark, exited, kill: (signal) => signalGroup(pid, signal) };
  } finally {
    await Promise.all([stdout.close(), stderr.close()]);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // gone in the meantime
  }
}

/** Ends what a killed server left running, if the process is still the recorded one. */
export async function endLeftover({ pid, startMark }: Pick<StepProcess, 'pid' | 'startMark'>): Promise<void> {
  if (isAlive(pid) && (await readStartMark(pid)) === startMark) signalGroup(pid, 'SIGKILL');
}
