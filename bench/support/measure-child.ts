/** What a program of its own costs from its start to its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readEndedCpuS } from './processes.js';

/** Program, arguments, environment. */
export type ChildCommand = readonly [string, readonly string[], NodeJS.ProcessEnv];

/** CPU seconds of the process with its children, and wall seconds. */
export interface ChildCost {
  readonly cpuS: number;
  readonly wallS: number;
}

/**
 * Runs the program; nothing else of this process may end meanwhile.
 * @throws Error with the end of what it wrote to stderr, when it fails
 */
export async function measureChild(name: string, [program, args, env]: ChildCommand): Promise<ChildCost> {
  const [cpuBefore, before] = [readEndedCpuS(process.pid), performance.now()];
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4000)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}: ${stderr}`);
  return { cpuS: readEndedCpuS(process.pid) - cpuBefore, wallS: (performance.now() - before) / 1000 };
}
