/** Jars from Maven Central in the user's cache: fetched when first asked for, once, however many processes ask. */
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

const LOCK_TIMEOUT_MS = 30 * 60_000;
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

type Env = Readonly<Record<string, string | undefined>>;

/** Which jars. */
export interface JarsSpec {
  /** The folder in the cache. Its last number counts up when the pom changes: an older folder is then left alone. */
  readonly folder: string;
  /** The pom that names them, below the package's `local/`. */
  readonly pom: string;
  /** As a sentence names them, and what they weigh. */
  readonly title: string;
  readonly size: string;
  /** The way out where they cannot be fetched: `, or …`. */
  readonly otherwise: string;
}

export interface EnsureJarsOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly env: Env;
}

/** The folder with the jars, or undefined while nobody has asked for them. */
export async function findJars(spec: JarsSpec, env: Env): Promise<string | undefined> {
  const folder = path.join(await ensureCacheFolder(env), spec.folder);
  return existsSync(folder) ? folder : undefined;
}

/** The folder with the jars, which are fetched first if needed. Throws BINARY_NOT_FOUND when Maven is missing or fails. */
export async function ensureJars(
  spec: JarsSpec,
  { onProgress, signal, env }: EnsureJarsOptions,
): Promise<string> {
  const folder = path.join(await ensureCacheFolder(env), spec.folder);
  if (existsSync(folder)) return folder;
  const step = startStep(onProgress, spec.folder, `Fetching ${spec.title} from Maven Central (${spec.size})`);
  const onWait = ({ pid }: { readonly pid: number }): void =>
    step.update(`Waiting for process ${pid}, which is fetching ${spec.title}`);
  const held = await withLock(`${folder}.lock`, { timeoutMs: LOCK_TIMEOUT_MS, signal, onWait }, async () => {
    // Another process may have fetched them while we waited.
    if (!existsSync(folder)) await fetchInto(folder, spec, env, signal);
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
async function fetchInto(
  folder: string,
  spec: JarsSpec,
  env: Env,
  signal: AbortSignal | undefined,
): Promise<void> {
  await removeAbandoned(folder);
  const draft = await mkdtemp(`${folder}.new-`);
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${draft}`, '-DincludeScope=runtime'];
  try {
    await run('mvn', ['-B', '-ntp', '-q', '-f', findPom(spec.pom), ...goal], {
      env: { ...env },
      signal,
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    await rename(draft, folder);
  } catch (error) {
    signal?.throwIfAborted();
    throw explain(spec, error);
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

function explain({ title, otherwise }: JarsSpec, error: unknown): AirtempoError {
  const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
  const tail = `${stdout ?? ''}\n${stderr ?? ''}`.trim().split('\n').slice(0, 5).join('\n');
  const what =
    code === 'ENOENT'
      ? 'Maven (mvn) is not on PATH. Install it (Debian and Ubuntu: apt-get install maven)'
      : 'Maven could not fetch them. Allow this machine to reach Maven Central (mvn reads ~/.m2/settings.xml)';
  return new AirtempoError(
    'BINARY_NOT_FOUND',
    `This needs ${title}. ${what}${otherwise}.${tail && `\n${tail}`}`,
    { cause: error },
  );
}

/** The package has its poms in local/, beside the sources; dist/ lies below it. */
function findPom(name: string): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const beside = path.join(here, '..', name);
  return existsSync(beside) ? beside : path.join(here, '..', '..', '..', 'local', name);
}
