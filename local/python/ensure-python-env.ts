/**
 * Programs that exist in Python only (an AWS emulator, Spark), each in a virtual environment of its own in the user's
 * cache folder: made at the first use, found again afterwards, whoever asks first.
 */

import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { writePrivateFile } from '../private-file.js';
import { AirtempoError } from '../../core/errors.js';
import { messageOf } from '../../core/outside-value.js';
import { checkVersion, findOnPath, isExecutableFile } from '../binaries/search-path.js';
import { ensureCacheFolder } from '../cache-folder.js';
import { withLock } from '../lock.js';
import { startStep } from '../progress.js';
import type { OnProgress, ProgressStep } from '../progress.js';
import { createVenv } from './create-venv.js';
import { pythonEnvFolderName } from './python-env-spec.js';
import type { PythonEnvSpec } from './python-env-spec.js';

const runFile = promisify(execFile);
type Env = Readonly<Record<string, string | undefined>>;

/** PySpark is 300 MB; another process may be in the middle of fetching it over a slow line. */
const LOCK_TIMEOUT_MS = 30 * 60_000;
const PYTHON_VERSION = /Python (\d+\.\d+\.\d+)/;
/** Written last: an environment without it is half-made. */
const MARKER = 'airtempo-complete.json';
const markerSchema = z.object({ requirements: z.array(z.string()), python: z.string() });

/** A virtual environment that is complete. */
export interface PythonEnv {
  /** Its folder. */
  readonly dir: string;
  /** Its interpreter: `python -m something` runs what is installed there. */
  readonly python: string;
}

export interface EnsurePythonEnvOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The environment to search in and to run pip with; the process's own by default. */
  readonly env?: Env;
}

/** Everything one search needs. */
interface Search {
  readonly spec: PythonEnvSpec;
  readonly env: Env;
  readonly step: ProgressStep;
  readonly signal: AbortSignal | undefined;
}

/**
 * Returns the environment, making it if needed. Python is `AIRTEMPO_PYTHON`, else `python3` on PATH.
 * @throws AirtempoError BINARY_NOT_FOUND, naming what is missing and how to get it
 */
export async function ensurePythonEnv(
  spec: PythonEnvSpec,
  options: EnsurePythonEnvOptions = {},
): Promise<PythonEnv> {
  const env = options.env ?? process.env;
  const step = startStep(options.onProgress, `python ${spec.name}`, `Looking for ${spec.title}`);
  const search: Search = { spec, env, step, signal: options.signal };
  const cacheFolder = await ensureCacheFolder(env);
  const dir = path.join(cacheFolder, 'python', pythonEnvFolderName(spec));
  if (!(await isComplete(dir, spec))) await install(dir, cacheFolder, search);
  step.done(`Using ${spec.title} in ${dir}`);
  return { dir, python: interpreter(dir) };
}

/** The environment if it is complete, else undefined. Installs nothing. */
export async function findPythonEnv(
  spec: PythonEnvSpec,
  env: Env = process.env,
): Promise<PythonEnv | undefined> {
  const dir = path.join(await ensureCacheFolder(env), 'python', pythonEnvFolderName(spec));
  return (await isComplete(dir, spec)) ? { dir, python: interpreter(dir) } : undefined;
}

const interpreter = (dir: string): string => path.join(dir, 'bin', 'python');

/** Complete, and made by the Python that is still there: an upgrade of the system's breaks what it made. */
async function isComplete(dir: string, spec: PythonEnvSpec): Promise<boolean> {
  const text = await readFile(path.join(dir, MARKER), 'utf8').catch(() => undefined);
  const marker = text === undefined ? undefined : markerSchema.safeParse(parseJson(text)).data;
  if (marker === undefined || marker.requirements.join() !== spec.requirements.join()) return false;
  return (await readVersion(interpreter(dir))) === marker.python;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readVersion(python: string): Promise<string | undefined> {
  const result = await runFile(python, ['--version'], { timeout: 15_000 }).catch(() => undefined);
  return result?.stdout.trim();
}

async function install(dir: string, cacheFolder: string, search: Search): Promise<void> {
  const { spec, env, step, signal } = search;
  const held = await withLock(
    `${dir}.lock`,
    {
      timeoutMs: LOCK_TIMEOUT_MS,
      signal,
      onWait: ({ pid }) => step.update(`Waiting for process ${pid}, which is installing ${spec.title}`),
    },
    async () => {
      if (await isComplete(dir, spec)) return; // another process has made it while we waited
      const python = await findPython(search);
      const logFile = path.join(cacheFolder, 'logs', `python-${path.basename(dir)}.log`);
      await rm(dir, { recursive: true, force: true });
      await createVenv(spec, { python, folder: dir, logFile, env, step, signal }).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw cannotInstall(spec, error);
      });
      const version = await readVersion(interpreter(dir));
      await writePrivateFile(
        path.join(dir, MARKER),
        JSON.stringify({ requirements: spec.requirements, python: version }),
      );
    },
  );
  if (held !== undefined) return;
  throw new AirtempoError(
    'BINARY_NOT_FOUND',
    `${spec.title} is not installed: another process has held ${dir}.lock for half an hour. End that process and try again.`,
  );
}

async function findPython({ spec, env }: Search): Promise<string> {
  const wanted = env['AIRTEMPO_PYTHON'];
  const python = wanted === undefined || wanted === '' ? await findOnPath('python3', env['PATH']) : wanted;
  if (python === undefined || !(await isExecutableFile(python))) {
    const what = wanted
      ? `AIRTEMPO_PYTHON is ${wanted}, which is not an executable file`
      : 'python3 is not on PATH';
    throw missingPython(spec, what);
  }
  const check = await checkVersion(
    { versionPattern: PYTHON_VERSION, minimumVersion: spec.minimumPython },
    python,
  );
  if (!check.ok) throw missingPython(spec, check.reason);
  return python;
}

function missingPython(spec: PythonEnvSpec, what: string): AirtempoError {
  return new AirtempoError(
    'BINARY_NOT_FOUND',
    `${spec.title} needs Python ${spec.minimumPython} or later, but ${what}. Install it (Debian and Ubuntu: ` +
      `apt-get install python3 python3-venv), or set AIRTEMPO_PYTHON to its file.`,
  );
}

function cannotInstall(spec: PythonEnvSpec, error: unknown): AirtempoError {
  const text = messageOf(error);
  const fix = /ensurepip|No module named venv/.test(text)
    ? 'Install the module venv (Debian and Ubuntu: apt-get install python3-venv) and try again.'
    : 'Allow this machine to reach its Python package index (pip reads PIP_INDEX_URL and pip.conf) and try again.';
  return new AirtempoError('BINARY_NOT_FOUND', `${spec.title} could not be installed. ${fix} ${text}`, {
    cause: error,
  });
}
