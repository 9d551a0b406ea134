/** One new virtual environment: `python3 -m venv`, then pip. The caller holds the lock and judges the result. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { ProgressStep } from '../progress.js';
import type { PythonEnvSpec } from './python-env-spec.js';

type Env = Readonly<Record<string, string | undefined>>;

export interface CreateVenvOptions {
  /** The Python to make it with. */
  readonly python: string;
  /** Where it goes. A virtual environment cannot be moved afterwards. */
  readonly folder: string;
  /** What Python and pip say. */
  readonly logFile: string;
  readonly env: Env;
  readonly step: ProgressStep;
  readonly signal: AbortSignal | undefined;
}

/** Makes it in `folder`, which must not exist. Rejects with a sentence that ends with the last lines of the log. */
export async function createVenv(spec: PythonEnvSpec, options: CreateVenvOptions): Promise<void> {
  const { python, folder, logFile, step } = options;
  await mkdir(path.dirname(logFile), { recursive: true });
  await mkdir(path.dirname(folder), { recursive: true });
  const log = await open(logFile, 'w', 0o600);
  const startedAt = performance.now();
  const report = (): void => step.update(describe(spec, performance.now() - startedAt));
  report();
  const timer = setInterval(report, 1000);
  try {
    await run(python, ['-m', 'venv', folder], log, options);
    const pip = ['-m', 'pip', 'install', '--no-deps', '--no-input', '--disable-pip-version-check'];
    await run(path.join(folder, 'bin', 'python'), [...pip, ...spec.requirements], log, options);
  } finally {
    clearInterval(timer);
    await log.close();
  }
}

function describe(spec: PythonEnvSpec, elapsedMs: number): string {
  const seconds = Math.round(elapsedMs / 1000);
  return `Installing ${spec.title} with pip: ${seconds} s so far, ${spec.expected} the first time`;
}

async function run(
  command: string,
  args: readonly string[],
  log: FileHandle,
  { env, signal, logFile }: CreateVenvOptions,
): Promise<void> {
  const child = spawn(command, args, {
    // PYTHONPATH and PYTHONHOME of the user's own project must not reach into this environment; PIP_* must.
    env: { ...env, PYTHONPATH: undefined, PYTHONHOME: undefined, PIP_USER: undefined, PIP_TARGET: undefined },
    stdio: ['ignore', log.fd, log.fd],
    ...(signal === undefined ? {} : { signal }),
  });
  const [code, killedBy] = (await once(child, 'exit')) as [number | null, string | null];
  if (code === 0) return;
  const tail = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-6).join('\n');
  const call = [path.basename(command), ...args.slice(0, 3)].join(' ');
  throw new Error(
    `"${call} …" ended with ${killedBy ?? `code ${code}`}. Its log is ${logFile}; the last lines:\n${tail}`,
  );
}
