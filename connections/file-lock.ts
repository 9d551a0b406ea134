/**
 * A lock between processes, as a file that only one of them can create. A lock whose process has died
 * is taken over. It guards writers against each other; readers need none, because writes are atomic.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AirtempoError } from '../core/errors.js';

/** A held lock. */
export interface FileLock {
  /** @throws AirtempoError CONNECTION_STORE_UNAVAILABLE when another process has taken the lock over. */
  assertHeld(): Promise<void>;
}

interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in ms: tells a process from an earlier one that had the same id. */
  readonly startedAtMs: number;
  readonly token: string;
}

/** How long a writer waits for another. A write takes milliseconds. */
const DEFAULT_TIMEOUT_MS = 10_000;
/** A lock of another machine cannot be asked about; so old, its owner is taken for dead. */
const FOREIGN_LOCK_MAX_AGE_MS = 60_000;
/** A lock without content belongs to a process that died right after creating it. */
const EMPTY_LOCK_MAX_AGE_MS = 2_000;
/** The guard of a takeover is held for microseconds. */
const GUARD_MAX_AGE_MS = 10_000;
const POLL_MS = 20;

function describeSelf(): LockOwner {
  const startedAtMs = Math.round(performance.timeOrigin);
  return { pid: process.pid, host: hostname(), startedAtMs, token: randomBytes(12).toString('hex') };
}

function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** Creates a file that must not exist; false when it does. */
async function tryCreate(path: string, content: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(content, 'utf8');
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw new AirtempoError(
      'CONNECTION_STORE_UNAVAILABLE',
      `The lock file ${path} cannot be created (${errorCode(error)}): check the directory's rights and free space.`,
      { cause: error },
    );
  }
}

async function readOwner(path: string): Promise<LockOwner | undefined> {
  try {
    const owner = JSON.parse(await readFile(path, 'utf8')) as Partial<LockOwner>;
    return typeof owner.pid === 'number' && typeof owner.token === 'string'
      ? (owner as LockOwner)
      : undefined;
  } catch {
    return undefined;
  }
}

async function readAgeMs(path: string): Promise<number> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
  return Date.now() - mtimeMs;
}

function isAlive(owner: LockOwner, self: LockOwner): boolean {
  // in a container the ids begin anew: a lock with our own id may be a dead predecessor's
  if (owner.pid === self.pid) return owner.startedAtMs === self.startedAtMs;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

async function isStale(path: string, self: LockOwner): Promise<boolean> {
  const owner = await readOwner(path);
  const ageMs = await readAgeMs(path);
  if (owner === undefined) return ageMs > EMPTY_LOCK_MAX_AGE_MS;
  if (owner.host !== self.host) return ageMs > FOREIGN_LOCK_MAX_AGE_MS;
  return !isAlive(owner, self);
}

/**
 * Removes a dead owner's lock. Two processes that both saw it dead must not both remove it, or the
 * second removes the first one's new lock: a guard lets one at a time look again and remove.
 */
async function removeStale(path: string, self: LockOwner): Promise<void> {
  const guard = `${path}.takeover`;
  if (!(await tryCreate(guard, ''))) {
    if ((await readAgeMs(guard)) > GUARD_MAX_AGE_MS) await rm(guard, { force: true });
    return;
  }
  try {
    if (await isStale(path, self)) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

async function acquire(path: string, self: LockOwner, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await tryCreate(path, JSON.stringify(self)))) {
    if (await isStale(path, self)) await removeStale(path, self);
    if (performance.now() > deadline) {
      const owner = await readOwner(path);
      const holder = owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host}`;
      throw new AirtempoError(
        'CONNECTION_STORE_UNAVAILABLE',
        `The lock ${path} has been held by ${holder} for more than ${timeoutMs} ms: wait for it to end, or remove the file if it is gone.`,
      );
    }
    await delay(POLL_MS + Math.random() * POLL_MS);
  }
}

/**
 * Runs `action` while holding the lock file `path`, then releases it.
 * @param timeoutMs how long to wait for another holder; default 10,000.
 * @throws AirtempoError CONNECTION_STORE_UNAVAILABLE when the wait is over.
 */
export async function withFileLock<T>(
  path: string,
  action: (lock: FileLock) => Promise<T>,
  timeoutMs: number = DEFAULT_TIMEOUT_MS,
): Promise<T> {
  const self = describeSelf();
  const isHeld = async (): Promise<boolean> => (await readOwner(path))?.token === self.token;
  const assertHeld = async (): Promise<void> => {
    if (await isHeld()) return;
    const message = `The lock ${path} was taken over by another process: nothing was changed, try again.`;
    throw new AirtempoError('CONNECTION_STORE_UNAVAILABLE', message);
  };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch(() => undefined);
  await acquire(path, self, timeoutMs);
  try {
    return await action({ assertHeld });
  } finally {
    if (await isHeld()) await rm(path, { force: true });
  }
}
