/**
 * bench/tasks: what the engine costs over a hand-written Temporal workflow that runs the same no-op
 * activities, on the same server, in the same run, in turns. Prints a table, or JSON with --json.
 * Usage: npx tsx bench/tasks/main.ts [--reps 5] [--json]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createConnectionRegistry, createSecretScrubber } from '../../connections/index.js';
import type { Dag } from '../../core/dag.js';
import { startStack } from '../../local/stack.js';
import { createLogger } from '../../workers/logger.js';
import { createDagWorker } from '../../workers/worker.js';
import { buildWorkflowBundle } from '../../workers/workflow-bundle.js';
import { createFileXComBlobs } from '../../workers/xcom-files.js';
import { createXComStore } from '../../workers/xcom-store.js';
import { median, round } from '../support/median.js';
import { chainDag, fanDag, startedAt } from './dags.js';

interface Sample {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly firstTaskMs: number;
}

interface Shape {
  readonly name: string;
  readonly dag: Dag;
  readonly handWritten: { readonly type: string; readonly size: number };
}

const SHAPES: readonly Shape[] = [
  { name: 'chain of 10', dag: chainDag(10), handWritten: { type: 'chain', size: 10 } },
  { name: 'chain of 100', dag: chainDag(100), handWritten: { type: 'chain', size: 100 } },
  { name: '1 → 100 → 1', dag: fanDag(100), handWritten: { type: 'fan', size: 100 } },
];

/** CPU of this process and of the server, user and system, in ms. */
function readCpuMs(serverPid: number): number {
  const { user, system } = process.cpuUsage();
  const fields =
    readFileSync(`/proc/${String(serverPid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (user + system) / 1000 + (Number(fields[11]) + Number(fields[12])) * 10; // clock ticks of 10 ms
}

async function measure(serverPid: number, run: () => Promise<unknown>): Promise<Sample> {
  startedAt.length = 0;
  const cpu = readCpuMs(serverPid);
  const begin = performance.timeOrigin + performance.now();
  await run();
  const wallMs = performance.timeOrigin + performance.now() - begin;
  return { wallMs, cpuMs: readCpuMs(serverPid) - cpu, firstTaskMs: (startedAt[0] ?? Number.NaN) - begin };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { reps: { type: 'string', default: '7' }, json: { type: 'boolean', default: false } },
  });
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const dir = mkdtempSync(path.join(tmpdir(), 'airtempo-bench-'));
  const stack = await startStack({ dir, services: ['temporal'], ports: { temporal: 0, temporalUi: 0 } });
  try {
    const results = await benchmark(stack.temporal.address, stack.pids.temporal, dir, Number(values.reps));
    if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
    else console.table(results);
  } finally {
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function benchmark(address: string, serverPid: number, dir: string, reps: number): Promise<object[]> {
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }) });
  const scrubber = createSecretScrubber();
  const dags = new Map(SHAPES.map(({ dag }) => [dag.id, dag]));
  const noop = SHAPES[0]?.dag.code.get('t0')?.operator as unknown as (input: object) => Promise<unknown>;
  const workers = [
    await createDagWorker({
      connection,
      namespace: 'default',
      taskQueue: 'airtempo',
      dags,
      registry: createConnectionRegistry({ stores: [], scrubber }),
      scrubber,
      xcom: createXComStore(createFileXComBlobs(path.join(dir, 'xcom'))),
      logger: createLogger(scrubber, { level: 'error' }),
      workflowBundle: await buildWorkflowBundle(),
    }),
    await Worker.create({
      connection,
      taskQueue: 'hand-written',
      workflowBundle: await bundleWorkflowCode({
        workflowsPath: fileURLToPath(new URL('./hand-written.ts', import.meta.url)),
      }),
      activities: { noop: (args: object) => noop({ args, ctx: {} }) },
    }),
  ];
  const running = workers.map((worker) => worker.run());
  const results: object[] = [];
  for (const shape of SHAPES) results.push(await compare(client, shape, serverPid, reps));
  for (const worker of workers) worker.shutdown();
  await Promise.all(running);
  await connection.close();
  return results;
}

async function compare(
  client: Client,
  { name, dag, handWritten }: Shape,
  serverPid: number,
  reps: number,
): Promise<object> {
  let serial = 0;
  const id = (): string => `bench-${dag.id}-${String((serial += 1))}-${String(process.pid)}`;
  const ours = (): Promise<unknown> =>
    client.workflow.execute(dag.id, { taskQueue: 'airtempo', workflowId: id() });
  const theirs = (): Promise<unknown> =>
    client.workflow.execute(handWritten.type, {
      taskQueue: 'hand-written',
      workflowId: id(),
      args: [handWritten.size],
    });
  await ours(); // warm both
  await theirs();
  const samples: { ours: Sample[]; theirs: Sample[] } = { ours: [], theirs: [] };
  for (let rep = 0; rep < reps; rep += 1) {
    samples.ours.push(await measure(serverPid, ours));
    samples.theirs.push(await measure(serverPid, theirs));
  }
  const of = (list: readonly Sample[], key: keyof Sample): number =>
    median(list.map((sample) => sample[key]));
  const pair = (key: keyof Sample): readonly [number, number] => [
    of(samples.ours, key),
    of(samples.theirs, key),
  ];
  const [wall, handWall] = pair('wallMs');
  const [cpu, handCpu] = pair('cpuMs');
  const [first, handFirst] = pair('firstTaskMs');
  return {
    shape: name,
    'wall ms': round(wall),
    'hand-written wall ms': round(handWall),
    'wall ratio': round(wall / handWall),
    'CPU ms': round(cpu),
    'hand-written CPU ms': round(handCpu),
    'CPU ratio': round(cpu / handCpu),
    'first task ms': round(first),
    'hand-written first task ms': round(handFirst),
  };
}

await main();
