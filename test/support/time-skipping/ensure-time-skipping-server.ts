/**
 * Temporal's time-skipping test server, for suites where days must pass in a moment: fetched by Maven and compiled
 * once, then kept in the cache folder. It has no schedules, no lists and no resets: those run on the real server.
 */

import { execFile } from 'node:child_process';
import { access, chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from '../../../local/binaries/search-path.js';
import { ensureCacheFolder } from '../../../local/cache-folder.js';
import { withLock } from '../../../local/lock.js';

const run = promisify(execFile);
/** Raise the last part when the Java source or the jars change: a cached copy is never looked into again. */
const VERSION = '1.38.0-1';
/** Maven fetches 38 MB; 6 s here, minutes on a slow line. */
const TIMEOUT_MS = 10 * 60_000;

/** The JVM starts in 0.6 s with these instead of 2 s, and stays below 100 MB. `exec`: a kill must reach it. */
const SCRIPT = `#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
exec java -Xms64m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \\
  -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$here/classes:$here/libs/*" LoopbackTestServer "$@"
`;

/**
 * The path of a script that starts the server as `SCRIPT PORT [--enable-time-skipping]`, or undefined where Java
 * (17 or later, with its compiler) or Maven is missing. For `createTimeSkipping({ server: { executable: { type:
 * 'existing-path', path } } })`. Rejects when Maven or the compiler fails.
 */
export async function ensureTimeSkippingServer(): Promise<string | undefined> {
  const target = path.join(await ensureCacheFolder(), `time-skipping-server-${VERSION}`);
  const script = path.join(target, 'time-skipping-server');
  if (await exists(script)) return script;
  for (const tool of ['java', 'javac', 'mvn']) {
    if ((await findOnPath(tool, process.env['PATH'])) === undefined) return undefined;
  }
  const installed = await withLock(`${target}.lock`, { timeoutMs: TIMEOUT_MS }, async () => {
    if (!(await exists(script))) await install(target);
  });
  if (installed === undefined) throw new Error(`Another process has held ${target}.lock for ten minutes`);
  return script;
}

async function install(target: string): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true });
  const draft = await mkdtemp(`${target}.new-`);
  try {
    await fetchJars(draft);
    const source = path.resolve('test/support/time-skipping/LoopbackTestServer.java');
    const jars = path.join(draft, 'libs', '*');
    await run('javac', ['-cp', jars, '-d', path.join(draft, 'classes'), source], { timeout: TIMEOUT_MS });
    const script = path.join(draft, 'time-skipping-server');
    await writeFile(script, SCRIPT);
    await chmod(script, 0o755);
    await rename(draft, target);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function fetchJars(folder: string): Promise<void> {
  const pom = path.join(folder, 'pom.xml');
  await copyFile(path.resolve('test/support/time-skipping/pom.xml'), pom);
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${path.join(folder, 'libs')}`];
  await run('mvn', ['--batch-mode', '--quiet', '-f', pom, ...goal], {
    cwd: folder,
    timeout: TIMEOUT_MS,
    maxBuffer: 16 * 1024 * 1024,
  });
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
