/**
 * Runs Spark jobs by spark-submit on this machine, in a process group of its own that outlives the worker. What became
 * of a job is in a folder named after it, where a later try finds it. Only for the machine that it runs on.
 */
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AirtempoError } from '../../core/errors.js';
import { chooseTail, cutTail } from './error-tail.js';
import {
  createSubmitArgs,
  isOver,
  type SparkJob,
  type SparkJobState,
  type SparkRunner,
} from './spark-runner.js';
import { isGroupAlive, readProcessMark } from './process-group.js';

export interface SparkSubmitOptions {
  /** Path of spark-submit, or its name on PATH. */
  readonly program: string;
  /** `local[*]`, `yarn`, `spark://host:7077` … */
  readonly master: string;
  readonly deployMode?: string | undefined;
  /** Settings of the connection; the job's own win. */
  readonly conf: Readonly<Record<string, string>>;
  /** Added to the environment of the worker: the place of S3 keys, which must not be in argv. */
  readonly env: Readonly<Record<string, string>>;
}

const POLL_MS = 2_000;
/** Spark's shutdown hooks remove its temporary files. */
const GRACE_MS = 5_000;
const LOOK_AGAIN_MS = 100;
/** What jobs have left is kept for a week, for whoever looks. */
const KEEP_MS = 7 * 24 * 3_600_000;
/** A folder without a process for longer than this belongs to a worker that died as it made it. */
const START_MS = 10_000;
const TAIL_BYTES = 16_384;

/** Runs the program, and leaves its exit code where a later try finds it. `$0` is the job's folder. */
const SUPERVISOR =
  'cd "$0" || exit; echo $$ >process.new; mv process.new process; "$@" >stdout 2>stderr </dev/null; echo $? >code.new; mv code.new code';

/** A runner for this machine. */
export function createSparkSubmit(options: SparkSubmitOptions): SparkRunner {
  const base = path.join(tmpdir(), `airtempo-spark-${String(userInfo().uid)}`);

  const submit = async (folder: string, job: SparkJob): Promise<void> => {
    await mkdir(base, { recursive: true, mode: 0o700 });
    await removeOld(base);
    await mkdir(path.dirname(folder), { recursive: true, mode: 0o700 });
    await mkdir(folder, { mode: 0o700 }); // refuses a folder that is there: no twin
    const mode = options.deployMode === undefined ? [] : ['--deploy-mode', options.deployMode];
    const merged = { ...job, conf: { ...options.conf, ...job.conf } };
    const args = createSubmitArgs(merged, ['--master', options.master, ...mode, '--name', job.name]);
    const child = spawn('/bin/sh', ['-c', SUPERVISOR, folder, options.program, ...args], {
      detached: true, // a group of its own, to be ended as a whole
      stdio: 'ignore',
      env: { ...process.env, ...options.env },
    });
    const { pid } = await new Promise<{ readonly pid: number }>((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve({ pid: child.pid ?? 0 }));
    });
    child.unref();
    // the supervisor says it as well, should this worker die here; whichever is first
    await writeFile(path.join(folder, 'process.here'), String(pid));
    await rename(path.join(folder, 'process.here'), path.join(folder, 'process'));
    await writeFile(path.join(folder, 'mark'), (await readProcessMark(pid)) ?? '');
  };

  return {
    place: `spark-submit, master ${options.master}`,
    filesAt: 'disk',
    pollMs: POLL_MS,
    findOrSubmit: async (job, mostJobs, signal) => {
      const jobs = await listJobs(base, job.name);
      const newest = jobs.at(-1);
      if (newest !== undefined) {
        const state = await readState(newest);
        if (!isOver(state, job) || jobs.length >= mostJobs) return { id: newest, state };
      }
      signal.throwIfAborted();
      const folder = path.join(folderOf(base, job.name), String(jobs.length + 1));
      await submit(folder, job);
      return { id: folder, state: await readState(folder) };
    },
    look: (id) => readState(id),
    cancel: async (name) => {
      for (const folder of await listJobs(base, name)) await end(folder);
    },
    readErrorTail: async (id) => {
      const read = async (name: string): Promise<string | undefined> => {
        const text = await readEnd(path.join(id, name));
        return text === undefined ? undefined : cutTail(text);
      };
      return chooseTail(await read('stderr'), await read('stdout'));
    },
    close: () => undefined,
  };
}

function folderOf(base: string, name: string): string {
  return path.join(base, createHash('sha256').update(name).digest('hex').slice(0, 32));
}

/** The folders of a job's submissions, the oldest first. */
async function listJobs(base: string, name: string): Promise<readonly string[]> {
  const folder = folderOf(base, name);
  const entries = await readdir(folder).catch(() => []);
  return entries
    .map(Number)
    .sort((a, b) => a - b)
    .map((number) => path.join(folder, String(number)));
}

/** What a job's folder says. */
async function readState(folder: string): Promise<SparkJobState> {
  const made = await stat(folder).catch(() => undefined);
  if (made === undefined) {
    throw new AirtempoError(
      'SPARK_JOB_FAILED',
      `The Spark job of ${folder} is not known on this machine. A worker on another machine has started it, or its folder was removed.`,
    );
  }
  const alive = await isRunning(folder);
  // asked last: a job that ended in between has left its code
  const code = await readText(path.join(folder, 'code'));
  if (await exists(path.join(folder, 'cancelled'))) {
    return { kind: 'cancelled', state: 'CANCELLED', reason: 'it was cancelled' };
  }
  if (code === '0') return { kind: 'succeeded', state: 'SUCCEEDED' };
  if (code !== undefined)
    return { kind: 'failed', state: 'FAILED', reason: `spark-submit ended with ${code}` };
  const isStarting =
    (await readText(path.join(folder, 'process'))) === undefined && Date.now() - made.mtimeMs < START_MS;
  if (alive || isStarting) return { kind: 'pending', state: 'RUNNING' };
  return { kind: 'failed', state: 'FAILED', reason: 'spark-submit was killed' };
}

async function isRunning(folder: string): Promise<boolean> {
  const pid = await readGroup(folder);
  if (pid === undefined) return false;
  // the supervisor may have been killed alone; the group counts, unless its id is a later process's
  const found = await readProcessMark(pid);
  const mark = (await readText(path.join(folder, 'mark'))) ?? found;
  return (found === undefined || found === mark) && isGroupAlive(pid);
}

/** The job's process group, whose id is its supervisor's. */
async function readGroup(folder: string): Promise<number | undefined> {
  const text = (await readText(path.join(folder, 'process'))) ?? '';
  return /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}

/** Ends a job's processes; nothing happens to one that has ended. */
async function end(folder: string): Promise<void> {
  const pid = await readGroup(folder);
  if (pid === undefined || !(await isRunning(folder))) return;
  killGroup(pid, 'SIGTERM');
  for (const until = Date.now() + GRACE_MS; Date.now() < until && (await isRunning(folder));) {
    await delay(LOOK_AGAIN_MS);
  }
  if (await isRunning(folder)) killGroup(pid, 'SIGKILL');
  await writeFile(path.join(folder, 'cancelled'), '');
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // gone already
  }
}

async function removeOld(base: string): Promise<void> {
  for (const entry of await readdir(base)) {
    const folder = path.join(base, entry);
    const found = await stat(folder).catch(() => undefined);
    if (found === undefined || Date.now() - found.mtimeMs < KEEP_MS) continue;
    const jobs = await readdir(folder).catch(() => []);
    const running = await Promise.all(jobs.map((job) => isRunning(path.join(folder, job))));
    if (!running.includes(true)) await rm(folder, { recursive: true, force: true });
  }
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}

async function readText(file: string): Promise<string | undefined> {
  return (await readFile(file, 'utf8').catch(() => undefined))?.trim();
}

async function readEnd(file: string): Promise<string | undefined> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await handle.close();
  }
}
