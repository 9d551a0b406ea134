/**
 * Records golden histories: `npx tsx test/golden/record.ts [feature...]`, by hand, with a stack of its own.
 * A file that exists is left as it is: it stands for runs of the version that wrote it. Record the changed
 * behaviour under a new name in dags.ts.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { ensureTopic } from '../../connections/kafka/topics.js';
import type { Connection as AirtempoConnection } from '../../core/connection.js';
import type { Dag } from '../../core/dag.js';
import { createConnectionRegistry, createSecretScrubber } from '../../connections/index.js';
import { createLogger } from '../../workers/logger.js';
import { createDagWorker } from '../../workers/worker.js';
import { createFileXComBlobs } from '../../workers/xcom-files.js';
import { createXComStore } from '../../workers/xcom-store.js';
import { BACKFILL } from '../../workflows/backfill-contract.js';
import { KAFKA_STREAM } from '../../workflows/stream-contract.js';
import { createFixedStore } from '../support/engine.js';
import { startTestKafka } from '../support/kafka.js';
import { testStack } from '../support/stack.js';
import { startTestRun } from '../support/test-run.js';
import { executionsOf } from '../workflows/support/executions.js';
import { FEATURES, type Feature } from './dags.js';
import { formatHistory } from './history-json.js';

const TASK_QUEUE = 'golden';
/** Instead of `<pid>@<host>`. */
const IDENTITY = 'golden';

function fileOf(name: string): string {
  return path.join(import.meta.dirname, `${name}.json`);
}

async function record(client: Client, name: string, feature: Feature): Promise<void> {
  const { type, args } = describeStart(feature);
  const workflowId = `golden-${name}`;
  const handle = await client.workflow.start(type, { taskQueue: TASK_QUEUE, workflowId, args: [...args] });
  await feature.during?.(handle);
  await handle.result().catch(() => undefined); // a failed run has a history too
  const last = await lastExecution(client, handle);
  await writeFile(fileOf(name), formatHistory(await last.fetchHistory()));
}

function describeStart({ dag, conf, backfill, stream }: Feature): { type: string; args: readonly unknown[] } {
  if (stream !== undefined) return { type: KAFKA_STREAM, args: stream };
  const { id } = dag as Dag; // a feature without a stream has one
  if (backfill !== undefined) return { type: BACKFILL, args: [{ dagId: id, ...backfill }] };
  return { type: id, args: conf === undefined ? [] : [{ conf }] };
}

/** Of a continued run the last execution: it begins with all that the run took along. */
async function lastExecution(client: Client, handle: WorkflowHandle): Promise<WorkflowHandle> {
  const last = (await executionsOf(client, handle)).at(-1);
  return client.workflow.getHandle(handle.workflowId, last?.runId);
}

interface WorkerFolders {
  readonly bundlePath: string;
  readonly xcomFolder: string;
}

function createWorker(
  connection: NativeConnection,
  { bundlePath, xcomFolder }: WorkerFolders,
  connections: readonly AirtempoConnection[],
): Promise<Worker> {
  const scrubber = createSecretScrubber();
  return createDagWorker({
    connection,
    namespace: 'default',
    taskQueue: TASK_QUEUE,
    identity: IDENTITY,
    dags: new Map(Object.values(FEATURES).flatMap(({ dag }) => (dag === undefined ? [] : [[dag.id, dag]]))),
    registry: createConnectionRegistry({ stores: [createFixedStore(connections)], scrubber }),
    scrubber,
    xcom: createXComStore(createFileXComBlobs(xcomFolder)),
    logger: createLogger(scrubber, { level: 'error' }),
    workflowBundle: { codePath: bundlePath },
  });
}

async function recordAll(names: readonly string[], address: string, bundlePath: string): Promise<void> {
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, identity: IDENTITY });
  const xcomFolder = await mkdtemp(path.join(tmpdir(), 'airtempo-golden-'));
  const kafka = await startTestKafka();
  await ensureTopic(kafka.connection, 'events', 2);
  const connections = [kafka.connection, { ...testStack.postgres(), id: 'postgres' }];
  const worker = await createWorker(native, { bundlePath, xcomFolder }, connections);
  await worker.runUntil(async () => {
    for (const name of names) {
      const feature = FEATURES[name];
      if (feature === undefined)
        throw new Error(`no feature ${name}: use ${Object.keys(FEATURES).join(', ')}`);
      await record(client, name, feature);
      process.stdout.write(`recorded ${name}\n`);
    }
  });
  await kafka.stop();
  await native.close();
  await connection.close();
  await rm(xcomFolder, { recursive: true, force: true });
}

Runtime.install({ logger: new DefaultLogger('ERROR') });
const asked = process.argv.slice(2);
const missing = (asked.length > 0 ? asked : Object.keys(FEATURES)).filter(
  (name) => !existsSync(fileOf(name)),
);
const run = await startTestRun();
Object.assign(process.env, run.env);
try {
  const { AIRTEMPO_TEST_TEMPORAL: address = '', AIRTEMPO_TEST_BUNDLE: bundlePath = '' } = run.env;
  await recordAll(missing, address, bundlePath);
} finally {
  await run.stop();
}
