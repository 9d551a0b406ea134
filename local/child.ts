/**
 * One child process of the stack: started without a shell, in its own process group, its output in a log file,
 * stopped politely and then for sure. It knows nothing of what the child serves.
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { AirtempoError } from '../core/errors.js';
import { waitUntil } from './wait-until.js';

/** Traces of a Go program may be as long. */
const TAIL_BYTES = 256 * 1024;
/** Logs of earlier starts are kept until the file is this large, then moved to `<name>.log.1`. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;
/** Postgres writes a checkpoint and Temporal drains its pollers on the way out; both need under 2 s here. */
const STOP_TIMEOUT_MS = 15_000;

export interface ChildOptions {
  /** The service's name for people, such as `Temporal`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child. Secrets belong here, never in `args`, which every user can read. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Run as another user; only root may ask for it. */
  readonly uid?: number;
  readonly gid?: number;
  readonly logFile: string;
  /** The signal that means "finish in good order" to this program; SIGTERM by default. */
  readonly stopSignal?: NodeJS.Signals;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServiceChild {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** How it ended; undefined while it runs. */
  exit(): ChildExit | undefined;
  /** Settles when the child has ended. Never rejects. */
  readonly exited: Promise<ChildExit>;
  /** The last lines it wrote since this start. */
  readLogTail(lines?: number): Promise<string>;
  /** Stops it: its own stop signal, then SIGKILL for its group after 15 s. Safe to call twice. */
  stop(): Promise<void>;
  /** Sends the stop signal without waiting; for a process that is about to exit. */
  signalStop(): void;
}

/** Starts a child. Throws SERVICE_NOT_READY when the program cannot be run at all. */
export async function startChild(options: ChildOptions): Promise<ServiceChild> {
  const log = await openLog(options.logFile);
  try {
    const logStart = (await log.stat()).size;
    const child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: { ...options.env },
      // Its own group: a Ctrl-C in the terminal reaches only us, and we stop the children in good order.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    await once(child, 'spawn');
    return wrapChild(child, options, logStart);
  } catch (error) {
    throw new AirtempoError(
      'SERVICE_NOT_READY',
      `${options.name} could not be started: ${options.command} cannot be run (${(error as Error).message}).`,
      { cause: error },
    );
  } finally {
    await log.close();
  }
}

function wrapChild(child: ChildProcess, options: ChildOptions, logStart: number): ServiceChild {
  const pid = child.pid as number; // set: the 'spawn' event has fired
  let exit: ChildExit | undefined;
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('exit', (code, signal) => resolve((exit = { code, signal })));
  });
  const stopSignal = options.stopSignal ?? 'SIGTERM';
  let stopping: Promise<void> | undefined;
  return {
    name: options.name,
    pid,
    logFile: options.logFile,
    exit: () => exit,
    exited,
    readLogTail: (lines = 12) => readLogTail(options.logFile, logStart, lines),
    stop: () => (stopping ??= stopChild(child, exited, stopSignal)),
    signalStop: () => void child.kill(stopSignal),
  };
}

async function stopChild(
  child: ChildProcess,
  exited: Promise<unknown>,
  signal: NodeJS.Signals,
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<'timeout'>((resolve) => {
    timer = setTimeout(() => resolve('timeout'), STOP_TIMEOUT_MS);
  });
  const outcome = await Promise.race([exited, timeout]);
  clearTimeout(timer);
  if (outcome !== 'timeout') return;
  killGroup(child.pid as number);
  await exited;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // gone in the meantime
  }
}

async function openLog(file: string): Promise<FileHandle> {
  await mkdir(path.dirname(file), { recursive: true });
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  if (size > MAX_LOG_BYTES) await rename(file, `${file}.1`);
  return open(file, 'a', 0o600);
}

/** The last lines; before them why a program written in Go ended, which it says above the traces of all its routines. */
function selectTail(log: readonly string[], lines: number): readonly string[] {
  const reasons = log.slice(0, -lines).filter((line) => /^(panic|fatal error): /.test(line));
  return [...reasons.slice(-1), ...log.slice(-lines)];
}

async function readLogTail(file: string, from: number, lines: number): Promise<string> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return '';
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(0, size - start)), 0, null, start);
    return selectTail(buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n'), lines).join('\n');
  } finally {
    await handle.close();
  }
}

export interface ReadyOptions {
  readonly child: ServiceChild;
  /** Whether the service answers by now. A rejection means "not yet", unless it is an AirtempoError. */
  readonly probe: () => Promise<boolean>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Waits until the service answers. Throws SERVICE_NOT_READY with the last log lines when it died or is too slow. */
export async function waitUntilReady({ child, probe, timeoutMs, signal }: ReadyOptions): Promise<void> {
  const ready = await waitUntil(async () => child.exit() !== undefined || (await probe().catch(notYet)), {
    timeoutMs,
    signal,
  });
  const exit = child.exit();
  if (ready && exit === undefined) return;
  const tail = await child.readLogTail();
  const what =
    exit === undefined
      ? `${child.name} did not answer within ${timeoutMs / 1000} s`
      : `${child.name} ended at start with ${exit.signal ?? `code ${exit.code}`}`;
  throw new AirtempoError(
    'SERVICE_NOT_READY',
    `${what}. Its log is ${child.logFile}; the last lines:\n${tail || '(nothing was logged)'}`,
  );
}

function notYet(error: unknown): false {
  if (error instanceof AirtempoError) throw error;
  return false;
}
