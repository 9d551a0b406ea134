/** The jars that PySpark lacks for S3 and Kafka: from Maven Central into the user's cache, once. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AirtempoError } from '../../core/errors.js';
import { ensureCacheFolder } from '../cache-folder.js';
import { withLock } from '../lock.js';
import { startStep } from '../progress.js';
import type { OnProgress } from '../progress.js';

const run = promisify(execFile);

/** Counts up when pom.xml changes: an older folder is then left alone. */
const FOLDER = 'spark-jars-3.5.7-1';
const LOCK_TIMEOUT_MS = 30 * 60_000;
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

type Env = Readonly<Record<string, string | undefined>>;

export interface EnsureJarsOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly env: Env;
}

/** The folder with the jars, or undefined while nobody has asked for them. */
export async function findSparkJars(env: Env): Promise<string | undefined> {
  const folder = path.join(await ensureCacheFolder(env), FOLDER);
  return existsSync(folder) ? folder : undefined;
}

/** The folder with the jars, which are fetched first if needed. Throws BINARY_NOT_FOUND when Maven is missing or fails. */
export async function ensureSparkJars({ onProgress, signal, env }: EnsureJarsOptions): Promise<string> {
  const folder = path.join(await ensureCacheFolder(env), FOLDER);
  if (existsSync(folder)) return folder;
  const step = startStep(
    onProgress,
    'spark jars',
    'Fetching the jars for S3 and Kafka from Maven Central (15 MB)',
  );
  const onWait = ({ pid }: { readonly pid: number }): void =>
    step.update(`Waiting for process ${pid}, which is fetching the jars for S3 and Kafka`);
  const held = await withLock(`${folder}.lock`, { timeoutMs: LOCK_TIMEOUT_MS, signal, onWait }, async () => {
    // Another process may have fetched them while we waited.
    if (!existsSync(folder)) await fetchInto(folder, env, signal);
  });
  if (held === undefined) {
    throw new AirtempoError(
      'BINARY_NOT_FOUND',
      `Another process has held ${folder}.lock for half an hour. End that process and try again.`,
    );
  }
  step.done(`Using the jars in ${folder}`);
  return folder;
}

/** A rename makes the folder visible in one step, so that it is whole when it is there. */
async function fetchInto(folder: string, env: Env, signal: AbortSignal | undefined): Promise<void> {
  await removeAbandoned(folder);
  const draft = await mkdtemp(`${folder}.new-`);
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${draft}`, '-DincludeScope=runtime'];
  try {
    await run('mvn', ['-B', '-ntp', '-q', '-f', pomFile(), ...goal], {
      env: { ...env },
      signal,
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    await rename(draft, folder);
  } catch (error) {
    signal?.throwIfAborted();
    throw explain(error);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Half-done work of a process that was killed. We hold the lock, so none of it is in use. */
async function removeAbandoned(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  const names = (await readdir(parent)).filter((name) => name.startsWith(`${path.basename(folder)}.new-`));
  await Promise.all(names.map((name) => rm(path.join(parent, name), { recursive: true, force: true })));
}

function explain(error: unknown): AirtempoError {
  const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
  const tail = `${stdout ?? ''}\n${stderr ?? ''}`.trim().split('\n').slice(0, 5).join('\n');
  const what =
    code === 'ENOENT'
      ? 'Maven (mvn) is not on PATH. Install it (Debian and Ubuntu: apt-get install maven)'
      : 'Maven could not fetch them. Allow this machine to reach Maven Central (mvn reads ~/.m2/settings.xml)';
  return new AirtempoError(
    'BINARY_NOT_FOUND',
    `Spark needs jars for S3 and Kafka. ${what}, or use a Spark of your own: a connection of type spark with extra.spark_home.${tail && `\n${tail}`}`,
    { cause: error },
  );
}

/** The package has the pom in local/, beside the sources; dist/ lies below it. */
function pomFile(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const beside = path.join(here, 'pom.xml');
  return existsSync(beside) ? beside : path.join(here, '..', '..', '..', 'local', 'spark', 'pom.xml');
}
