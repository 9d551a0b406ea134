/** A project folder with DAG files, and the built command in it as a user would run it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = path.join(ROOT, 'dist', 'cli', 'main.js');

/** A folder with DAG files and an environment of its own. */
export interface Project {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Makes the folder with these DAG files, by name. */
export async function createProject(
  dir: string,
  address: string,
  files: Readonly<Record<string, string>>,
): Promise<Project> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(path.join(dir, 'node_modules'), { recursive: true });
  await symlink(ROOT, path.join(dir, 'node_modules', 'airtempo'));
  await writeFile(path.join(dir, 'package.json'), '{"type":"module"}');
  await mkdir(path.join(dir, 'dags'));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(dir, 'dags', name), text);
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: address,
    AIRTEMPO_LOAD_EXAMPLES: 'false',
    NO_COLOR: '1',
  };
  return { dir, env };
}

/** A process that is ready for work. */
export interface Started {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts `airtempo worker` in the project; resolves when it polls. */
export function startWorker(project: Project): Promise<Started> {
  return startProcess([MAIN, 'worker', '--dags', 'dags'], project, 'worker started');
}

/** Starts a Node program; resolves when it has printed the line. */
export async function startProcess(
  args: readonly string[],
  { dir, env }: Project,
  readyLine: string,
): Promise<Started> {
  const child = spawn(process.execPath, args, { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  await waitForLine(child, readyLine);
  return {
    pid: child.pid as number, // it has printed
    stop: async () => {
      child.kill('SIGTERM');
      await closed;
    },
  };
}

/** Reads both streams to their end, however long: a full pipe would halt the process. */
function waitForLine(child: ChildProcess, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let tail = '';
    const read = (chunk: Buffer): void => {
      tail = (tail + chunk.toString()).slice(-4000);
      if (tail.includes(line)) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('close', (code) => reject(new Error(`ended with ${String(code)}: ${tail}`)));
  });
}

/** Runs `airtempo` to its end. Throws what it says when it fails. */
export async function runCommand({ dir, env }: Project, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: dir,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`airtempo ${args.join(' ')} ended with ${String(code)}: ${said}`);
}
