/** Runs one side of the comparison as a child process, and says what each process spent on each phase. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { readEndedCpuS, readTreeCpuS } from '../support/processes.js';

/** The servers' process ids. */
export interface ServerPids {
  readonly postgres: number;
  readonly s3: number;
}

/** CPU seconds by process tree, and wall seconds, of one phase. */
export interface Usage {
  readonly client: number;
  readonly postgres: number;
  readonly s3: number;
  readonly wall: number;
}

export interface Sample {
  readonly load: Usage;
  readonly star: Usage;
  /** Of the client; only our side reports it. */
  readonly peakRssMb: number | undefined;
}

/** A backend that has ended is counted once its parent has noticed. */
const SETTLE_MS = 400;

interface Reading extends Omit<Usage, 'wall'> {
  readonly atMs: number;
}

function readServers(pids: ServerPids): Pick<Reading, 'postgres' | 's3'> {
  return { postgres: readTreeCpuS(pids.postgres), s3: readTreeCpuS(pids.s3) };
}

function subtract(after: Reading, before: Reading): Usage {
  return {
    client: after.client - before.client,
    postgres: after.postgres - before.postgres,
    s3: after.s3 - before.s3,
    wall: (after.atMs - before.atMs) / 1000,
  };
}

/** Starts a child that prints "loaded" between its two phases, and waits for its end. */
export async function measure(pids: ServerPids, start: () => Promise<ChildProcess>): Promise<Sample> {
  await delay(SETTLE_MS);
  // The client's whole cost, start-up and all, is that of an ended child of this process.
  const endedBefore = readEndedCpuS(process.pid);
  const before: Reading = { client: 0, ...readServers(pids), atMs: performance.now() };
  const child = await start();
  if (child.stdout === null || child.pid === undefined) throw new Error('the child did not start');
  const closed = once(child, 'close');
  let between: Reading | undefined;
  let peakRssMb: number | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'loaded') {
      between = { client: readTreeCpuS(child.pid), ...readServers(pids), atMs: performance.now() };
    } else if (line.startsWith('peak ')) peakRssMb = Number(line.slice('peak '.length));
  }
  await closed;
  const atMs = performance.now();
  if (child.exitCode !== 0 || between === undefined) {
    throw new Error(`one side of the benchmark failed with exit code ${String(child.exitCode)}`);
  }
  await delay(SETTLE_MS);
  const after: Reading = { client: readEndedCpuS(process.pid) - endedBefore, ...readServers(pids), atMs };
  return { load: subtract(between, before), star: subtract(after, between), peakRssMb };
}
