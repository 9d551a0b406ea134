/** Runs the built `airtempo` command as a person would. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** How a command ended. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder to run commands in, with an `.airtempo` and an environment of its own. */
export interface CliProject {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs a command to its end. */
  run(args: readonly string[], options?: { readonly stdin?: string }): Promise<CliResult>;
  /** Starts a command that goes on. */
  start(args: readonly string[]): CliProcess;
  /** Kills the commands that run. */
  stop(): Promise<void>;
  /** … and removes the folder. */
  remove(): Promise<void>;
}

/** A command in progress. */
export interface CliProcess {
  readonly child: ChildProcess;
  /** What it has printed so far, both streams. */
  output(): string;
  readonly ended: Promise<CliResult>;
}

/** Makes a project folder; variables of the person who runs the tests do not reach the commands. */
export async function createCliProject(env: NodeJS.ProcessEnv = {}): Promise<CliProject> {
  const dir = await mkdtemp(path.join(tmpdir(), 'airtempo-cli-'));
  const { PATH, HOME, TMPDIR, JAVA_HOME, XDG_CACHE_HOME, AIRTEMPO_CACHE } = process.env;
  const clean = { PATH, HOME, TMPDIR, JAVA_HOME, XDG_CACHE_HOME, AIRTEMPO_CACHE, NO_COLOR: '1', ...env };
  const running = new Set<ChildProcess>();
  const start = (args: readonly string[], stdin?: string): CliProcess => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: dir, env: clean, stdio: 'pipe' });
    running.add(child);
    if (stdin !== undefined) child.stdin.end(stdin);
    const streams = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (streams.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (streams.stderr += chunk.toString()));
    const ended = new Promise<CliResult>((resolve) => {
      child.once('close', (code) => {
        running.delete(child);
        resolve({ code, ...streams });
      });
    });
    return { child, output: () => streams.stdout + streams.stderr, ended };
  };
  const stop = async (): Promise<void> => {
    const ends = [...running].map((child) => once(child, 'close'));
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(ends);
  };
  return {
    dir,
    env: clean,
    run: (args, options = {}) => start(args, options.stdin ?? '').ended,
    start: (args) => start(args),
    stop,
    remove: async () => {
      await stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
