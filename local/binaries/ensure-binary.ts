/**
 * From a program's name to a file that can be run: an explicit setting, PATH, the cache, the vendor's download, a
 * build with Go, in this order. It fetches only what is missing, once, however many processes ask.
 */

import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { AirtempoError } from '../../core/errors.js';
import { messageOf } from '../../core/outside-value.js';
import { ensureCacheFolder } from '../cache-folder.js';
import { withLock } from '../lock.js';
import type { LockHolder, WithLockOptions } from '../lock.js';
import { startStep } from '../progress.js';
import type { OnProgress, ProgressStep } from '../progress.js';
import type { BinarySpec } from './binary-spec.js';
import { buildWithGo } from './build-with-go.js';
import { downloadBinary } from './download-binary.js';
import { checkVersion, findOnPath, isExecutableFile } from './search-path.js';

type Env = Readonly<Record<string, string | undefined>>;

/** A cold build takes 5 to 15 minutes on a slow machine; another process may be in the middle of one. */
const LOCK_TIMEOUT_MS = 30 * 60_000;

export interface EnsureBinaryOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The environment to search in; the process's own by default. */
  readonly env?: Env;
}

/** Everything one search needs, and the reasons why each way has failed so far. */
interface Search {
  readonly spec: BinarySpec;
  readonly env: Env;
  readonly step: ProgressStep;
  readonly signal: AbortSignal | undefined;
  readonly reasons: string[];
}

/**
 * Returns the path of a program that can be run, fetching or building it if needed.
 * Throws BINARY_NOT_FOUND, naming what was tried and the three ways out, when there is none.
 */
export async function ensureBinary(spec: BinarySpec, options: EnsureBinaryOptions = {}): Promise<string> {
  const env = options.env ?? process.env;
  const step = startStep(options.onProgress, spec.name, `Looking for ${spec.title}`);
  const search: Search = { spec, env, step, signal: options.signal, reasons: [] };
  const file = (await findOverride(search)) ?? (await findInstalled(search)) ?? (await findOrInstall(search));
  step.done(`Using ${file}`);
  return file;
}

async function findOverride({ spec, env }: Search): Promise<string | undefined> {
  const file = env[spec.envOverride];
  if (!file) return undefined;
  if (await isExecutableFile(file)) return path.resolve(file);
  throw new AirtempoError(
    'BINARY_NOT_FOUND',
    `${spec.envOverride} is ${file}, which is not an executable file. Correct it, or unset it to search PATH.`,
  );
}

async function findInstalled({ spec, env, reasons }: Search): Promise<string | undefined> {
  const file = await findOnPath(spec.name, env['PATH']);
  if (file === undefined) {
    reasons.push('it is not on PATH');
    return undefined;
  }
  const check = await checkVersion(spec, file);
  if (check.ok) return file;
  reasons.push(check.reason);
  return undefined;
}

async function findOrInstall(search: Search): Promise<string> {
  const { spec } = search;
  const cacheFolder = await ensureCacheFolder(search.env);
  const target = path.join(cacheFolder, 'bin', `${spec.name}-${spec.version}`);
  if (await isExecutableFile(target)) return target;
  const installed = await withLock(`${target}.lock`, lockOptions(search), async () => {
    // Another process may have installed it while we waited.
    return (await isExecutableFile(target)) || installInto(target, cacheFolder, search);
  });
  if (installed?.value) return target;
  if (installed === undefined) search.reasons.push(`another process holds ${target}.lock`);
  throw notFound(search);
}

function lockOptions({ spec, step, signal }: Search): WithLockOptions {
  const onWait = ({ pid }: LockHolder): void =>
    step.update(`Waiting for process ${pid}, which is installing ${spec.title}`);
  return { timeoutMs: LOCK_TIMEOUT_MS, signal, onWait };
}

/** Tries the download, then the build, in a folder of its own; a rename makes the result visible in one step. */
async function installInto(target: string, cacheFolder: string, search: Search): Promise<boolean> {
  await mkdir(path.dirname(target), { recursive: true });
  await removeAbandoned(target);
  for (const install of [tryDownload, tryGoBuild]) {
    search.signal?.throwIfAborted();
    const folder = await mkdtemp(`${target}.new-`);
    try {
      const file = await install(search, folder, cacheFolder);
      if (file === undefined) continue;
      await chmod(file, 0o755);
      const check = await checkVersion(search.spec, file);
      if (!check.ok) {
        search.reasons.push(check.reason);
        continue;
      }
      await rename(file, target);
      return true;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return false;
}

/** Half-done work of a process that was killed. We hold the lock, so none of it is in use. */
async function removeAbandoned(target: string): Promise<void> {
  const folder = path.dirname(target);
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${path.basename(target)}.new-`));
  await Promise.all(names.map((name) => rm(path.join(folder, name), { recursive: true, force: true })));
}

async function tryDownload(
  { spec, step, signal, reasons }: Search,
  folder: string,
): Promise<string | undefined> {
  const download = spec.download(process.platform, process.arch);
  if (download === undefined) {
    reasons.push(`its vendor has no download for ${process.platform} ${process.arch}`);
    return undefined;
  }
  step.update(`Downloading ${spec.title} ${spec.version}`);
  return explain(
    downloadBinary(spec, download, { folder, step, signal }),
    'the download failed',
    signal,
    reasons,
  );
}

async function tryGoBuild(
  { spec, env, step, signal, reasons }: Search,
  folder: string,
  cacheFolder: string,
): Promise<string | undefined> {
  const build = buildWithGo(spec, { folder, cacheFolder, env, step, signal });
  return explain(build, 'it cannot be built', signal, reasons);
}

/** A way that fails is noted and the next one is tried; a cancelled search ends at once. */
async function explain(
  work: Promise<string>,
  what: string,
  signal: AbortSignal | undefined,
  reasons: string[],
): Promise<string | undefined> {
  try {
    return await work;
  } catch (error) {
    signal?.throwIfAborted();
    reasons.push(`${what}: ${messageOf(error)}`);
    return undefined;
  }
}

function notFound({ spec, reasons }: Search): AirtempoError {
  const host = new URL(spec.download('linux', 'x64')?.url ?? spec.homepage).host;
  return new AirtempoError(
    'BINARY_NOT_FOUND',
    `The local stack needs ${spec.title}, and none could be had: ${reasons.join('; ')}. Any one of these helps: ` +
      `(1) install it so that \`${spec.name} --version\` works, or set ${spec.envOverride} to its file ` +
      `(see ${spec.homepage}); (2) allow this machine to download from ${host}; ` +
      `(3) install Go, so that it can be built from the Go module proxy (${spec.goBuild.expected}, once).`,
  );
}
