/** Runs one side as a child process: its output, wall seconds, and what each process spent. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { readEndedCpuS, readTreeCpuS } from '../support/processes.js';
import type { Command } from './limits.js';

/** The servers' process ids. */
export interface ServerPids {
  readonly postgres: number;
  readonly kafka: number;
}

/** CPU seconds by process tree; of the client with its start. */
export interface Usage {
  readonly client: number;
  readonly postgres: number;
  readonly kafka: number;
}

export interface Measured {
  readonly output: string;
  readonly wallS: number;
  readonly cpu: Usage;
}

/** A backend that has ended is counted once its parent has noticed. */
const SETTLE_MS = 400;

/** Runs the command to its end. */
export async function measure(pids: ServerPids, { program, args, env }: Command): Promise<Measured> {
  await delay(SETTLE_MS);
  const before = readUsage(pids);
  const start = performance.now();
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const wallS = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}`);
  await delay(SETTLE_MS);
  const after = readUsage(pids);
  const cpu = {
    client: after.client - before.client,
    postgres: after.postgres - before.postgres,
    kafka: after.kafka - before.kafka,
  };
  return { output, wallS, cpu };
}

function readUsage({ postgres, kafka }: ServerPids): Usage {
  return {
    client: readEndedCpuS(process.pid),
    postgres: readTreeCpuS(postgres),
    kafka: readTreeCpuS(kafka),
  };
}
