/**
 * bench/sensors: what waiting costs. Compares the CPU of a worker and of the server over a window in which 100 sensors
 * of one run wait (a poke a minute each) with one in which there is nothing to do, and the run's history before and after.
 * Usage: npx tsx bench/sensors/main.ts [--seconds 120] [--sensors 100] [--json]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { dag, notYet, sensor, type Dag } from '../../index.js';
import { startStack } from '../../local/stack.js';
import { createBenchWorker } from '../support/engine.js';

let pokes = 0;
const never = sensor('never', () => {
  pokes += 1;
  return notYet('it never comes');
});

function waitingDag(count: number): Dag {
  return dag('waiting', {}, ({ task }) => {
    for (let index = 0; index < count; index += 1)
      task(`wait_${String(index)}`, never, {}, { pokeInterval: '60s' });
  });
}

interface Cpu {
  readonly workerMs: number;
  readonly serverMs: number;
}

/** User and system time so far. */
function readCpu(serverPid: number): Cpu {
  const { user, system } = process.cpuUsage();
  const stat =
    readFileSync(`/proc/${String(serverPid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return { workerMs: (user + system) / 1000, serverMs: (Number(stat[11]) + Number(stat[12])) * 10 }; // ticks of 10 ms
}

async function measure(serverPid: number, seconds: number): Promise<Readonly<Record<string, number>>> {
  const [before, pokesBefore] = [readCpu(serverPid), pokes];
  await sleep(seconds * 1000);
  const after = readCpu(serverPid);
  const share = (ms: number): number => Math.round((ms / (seconds * 1000)) * 10_000) / 100;
  return {
    'worker CPU ms': Math.round(after.workerMs - before.workerMs),
    'worker % of a core': share(after.workerMs - before.workerMs),
    'server CPU ms': Math.round(after.serverMs - before.serverMs),
    'server % of a core': share(after.serverMs - before.serverMs),
    pokes: pokes - pokesBefore,
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '120' },
      sensors: { type: 'string', default: '100' },
      json: { type: 'boolean', default: false },
    },
  });
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const dir = mkdtempSync(path.join(tmpdir(), 'airtempo-bench-'));
  const stack = await startStack({ dir, services: ['temporal'], ports: { temporal: 0, temporalUi: 0 } });
  try {
    const { address } = stack.temporal;
    const results = await compare(
      address,
      stack.pids.temporal,
      dir,
      Number(values.sensors),
      Number(values.seconds),
    );
    if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
    else console.table(results);
  } finally {
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function compare(
  address: string,
  serverPid: number,
  dir: string,
  sensors: number,
  seconds: number,
): Promise<object> {
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }) });
  const waiting = waitingDag(sensors);
  const worker = await createBenchWorker(connection, [waiting], dir);
  const running = worker.run();
  await sleep(10_000); // both have done what they do when they start
  const idle = await measure(serverPid, seconds);
  const handle = await client.workflow.start(waiting.id, { taskQueue: 'airtempo', workflowId: 'waiting' });
  while (pokes < sensors) await sleep(100);
  await sleep(5_000);
  const historyLength = async (): Promise<number> => (await handle.describe()).historyLength;
  const historyBefore = await historyLength();
  const busy = await measure(serverPid, seconds);
  const history = { before: historyBefore, after: await historyLength() };
  await handle.terminate();
  worker.shutdown();
  await running;
  await connection.close();
  const name = `${String(sensors)} sensors wait, ${String(seconds)} s`;
  return {
    [`idle, ${String(seconds)} s`]: { ...idle, 'history events': 0 },
    [name]: { ...busy, 'history events': `${String(history.before)} → ${String(history.after)}` },
  };
}

await main();
