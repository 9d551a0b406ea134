/**
 * A lock file that dies with its holder: it names a process, and a lock whose process is gone is free. Used to
 * keep two stacks out of one folder and two builds out of one cache. Not for locks across machines.
 */

import { randomUUID } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { readTextIfThere } from './private-file.js';
import { isAlive, readStartMark } from './processes.js';
import { waitUntil } from './wait-until.js';

const holderSchema = z.object({ pid: z.int().positive(), startMark: z.string(), id: z.string() });

/** The process that holds a lock. */
export type LockHolder = Readonly<z.infer<typeof holderSchema>>;

export interface Lock {
  /** Frees the lock. Safe to call twice. */
  release(): Promise<void>;
}

export type LockResult =
  | { readonly acquired: true; readonly lock: Lock }
  | { readonly acquired: false; readonly holder: LockHolder };

/** Takes the lock, or says who holds it. Never waits for the holder. */
export async function tryLock(file: string): Promise<LockResult> {
  await mkdir(path.dirname(file), { recursive: true });
  const startMark = (await readStartMark(process.pid)) ?? '';
  const own: LockHolder = { pid: process.pid, startMark, id: randomUUID() };
  const draft = `${file}.${own.id}`;
  await writeFile(draft, JSON.stringify(own), { mode: 0o600 });
  try {
    for (;;) {
      // link() fails when the name is taken, so exactly one of two takers gets it, with its contents complete.
      if (await succeeded(link(draft, file))) return { acquired: true, lock: createLock(file, own) };
      const holder = await readLockHolder(file);
      if (holder !== undefined) return { acquired: false, holder };
      if (!(await removeStaleLock(file))) await sleep(TAKEOVER_WAIT_MS);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

export interface WithLockOptions {
  /** How long to wait for another holder, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called at each try while another process holds the lock. */
  readonly onWait?: (holder: LockHolder) => void;
}

/** Runs `work` while holding the lock; undefined when it could not be had in time. */
export async function withLock<T>(
  file: string,
  options: WithLockOptions,
  work: () => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  let lock: Lock | undefined;
  const attempt = async (): Promise<boolean> => {
    const result = await tryLock(file);
    if (result.acquired) lock = result.lock;
    else options.onWait?.(result.holder);
    return result.acquired;
  };
  await waitUntil(attempt, { timeoutMs: options.timeoutMs, intervalMs: 500, signal: options.signal });
  if (lock === undefined) return undefined;
  try {
    return { value: await work() };
  } finally {
    await lock.release();
  }
}

/** The living holder of a lock, or undefined when nobody holds it. */
export async function readLockHolder(file: string): Promise<LockHolder | undefined> {
  return readLivingHolder(await readTextIfThere(file));
}

async function readLivingHolder(text: string | undefined): Promise<LockHolder | undefined> {
  const holder = parseHolder(text);
  if (holder === undefined || !isAlive(holder.pid)) return undefined;
  return (await readStartMark(holder.pid)) === holder.startMark ? holder : undefined;
}

function parseHolder(text: string | undefined): LockHolder | undefined {
  if (text === undefined) return undefined;
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Another taker is about to remove the stale lock: it needs a few reads. */
const TAKEOVER_WAIT_MS = 5;

/**
 * Removes a lock whose process is gone; false when another taker is at it. Only the holder of a second lock may,
 * or a slow taker would remove the fresh lock of a quick one. That second lock can be stale in its turn.
 */
async function removeStaleLock(file: string): Promise<boolean> {
  const takeover = await tryLock(`${file}.takeover`);
  if (!takeover.acquired) return false;
  try {
    const text = await readTextIfThere(file);
    // nobody else removes a stale lock now, so what is judged here is what is removed
    if (text !== undefined && (await readLivingHolder(text)) === undefined) await rm(file, { force: true });
    return true;
  } finally {
    await takeover.lock.release();
  }
}

function createLock(file: string, own: LockHolder): Lock {
  return {
    async release() {
      if (parseHolder(await readTextIfThere(file))?.id === own.id) await rm(file, { force: true });
    },
  };
}

async function succeeded(action: Promise<unknown>): Promise<boolean> {
  try {
    await action;
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  }
}
