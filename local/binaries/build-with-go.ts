/** The last way to a program: building it from the Go module proxy. Slow, but it needs no download site. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import type { ProgressStep } from '../progress.js';
import { findOnPath } from './search-path.js';
import type { BinarySpec } from './binary-spec.js';

type Env = Readonly<Record<string, string | undefined>>;

export interface GoBuildOptions {
  /** The folder the program is installed into. */
  readonly folder: string;
  /** Where Go's own caches go when there is no usable home, and where the build log is kept. */
  readonly cacheFolder: string;
  readonly env: Env;
  readonly step: ProgressStep;
  readonly signal?: AbortSignal | undefined;
}

/** Builds and returns the program's file. Rejects with a sentence when Go is missing or the build fails. */
export async function buildWithGo(spec: BinarySpec, options: GoBuildOptions): Promise<string> {
  const go = await findOnPath('go', options.env['PATH']);
  if (go === undefined) throw new Error('Go is not installed');
  const logFile = path.join(options.cacheFolder, 'logs', `build-${spec.name}-${spec.version}.log`);
  await mkdir(path.dirname(logFile), { recursive: true });
  const startedAt = performance.now();
  const report = (): void => options.step.update(describeBuild(spec, performance.now() - startedAt));
  report();
  const timer = setInterval(report, 1000);
  try {
    await runGo(go, spec, logFile, options);
  } finally {
    clearInterval(timer);
  }
  return path.join(options.folder, spec.name);
}

function describeBuild(spec: BinarySpec, elapsedMs: number): string {
  const seconds = Math.round(elapsedMs / 1000);
  return `Building ${spec.title} ${spec.version} with Go: ${seconds} s so far, ${spec.goBuild.expected} the first time`;
}

async function runGo(go: string, spec: BinarySpec, logFile: string, options: GoBuildOptions): Promise<void> {
  const log = await open(logFile, 'w', 0o600);
  try {
    // Two compilers at a time keep the memory under 2 GB.
    const child = spawn(go, ['install', '-p', '2', '-ldflags', spec.goBuild.ldflags, spec.goBuild.package], {
      cwd: options.folder,
      env: goEnv(options),
      stdio: ['ignore', log.fd, log.fd],
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (code !== 0)
      throw new Error(`go install ended with ${signal ?? `code ${code}`}: its log is ${logFile}`);
  } finally {
    await log.close();
  }
}

function goEnv({ env, folder, cacheFolder }: GoBuildOptions): NodeJS.ProcessEnv {
  const homeless = !env['HOME'] || !path.isAbsolute(env['HOME']);
  return {
    ...env,
    GOBIN: folder,
    // A go.work or GOFLAGS=-mod=… of the user's own project must not reach into this build.
    GOWORK: 'off',
    ...(homeless && !env['GOPATH'] ? { GOPATH: path.join(cacheFolder, 'go') } : {}),
    ...(homeless && !env['GOCACHE'] ? { GOCACHE: path.join(cacheFolder, 'go-build') } : {}),
  };
}
