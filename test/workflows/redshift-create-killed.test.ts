/** A worker that dies between its request for a cluster and the answer: the next one takes the cluster up. */
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectRedshiftClusters } from '../../connections/redshift-clusters.js';
import { formatConnectionRecord } from '../../connections/format-connection.js';
import { finishRun, until } from '../support/engine.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startMoto, type Moto } from '../support/moto.js';
import { createWorkerProject, type WorkerProject } from '../support/worker-project.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const TASK_QUEUE = `create-killed-${String(process.pid)}`;

const DAG_FILE = `
import { createRedshiftCluster, dag } from ${JSON.stringify(API)};
const defaultArgs = { retries: 2, retryDelay: '100ms', pokeInterval: '100ms', heartbeatTimeout: '2s' };
export default dag('create', { defaultArgs }, ({ task }) => {
  const access = { securityGroupId: 'sg-1', iamRoleArn: 'arn:aws:iam::123456789012:role/RedshiftRole' };
  task('create_cluster', createRedshiftCluster, { cluster: 'sparkify', access });
});
`;

let moto: Moto;
let proxy: FaultProxy;
let workers: WorkerProject;
beforeAll(async () => {
  moto = await startMoto();
  proxy = await startFaultProxy(moto.url);
  const aws = moto.connection({ extra: { endpoint_url: proxy.url } });
  workers = await createWorkerProject(TASK_QUEUE, DAG_FILE, {
    AIRTEMPO_CONN_AWS_CREDENTIALS: JSON.stringify(formatConnectionRecord(aws)),
  });
});
afterAll(async () => {
  await workers.remove();
  await proxy.stop();
  await moto.stop();
});

test('a cluster whose request was answered to nobody is taken up, and has no twin', async () => {
  proxy.inject('CreateCluster', { kind: 'hold-answer', until: new Promise(() => undefined) }, 1);
  const first = await workers.startWorker();
  const handle = await new Client({ connection: workers.connection }).workflow.start('create', {
    taskQueue: TASK_QUEUE,
    workflowId: `create-${String(process.pid)}`,
  });
  const clusters = connectRedshiftClusters(moto.connection());
  await until(async () => (await clusters.listOwn()).length === 1 || undefined);
  first.child.kill('SIGKILL');
  await first.ended;

  await workers.startWorker();
  const run = await finishRun(handle);
  expect(run.failure).toBeUndefined();
  expect(run.states).toEqual({ create_cluster: 'success' });
  expect(proxy.calls.filter((call) => call === 'CreateCluster')).toHaveLength(1);
  expect((await clusters.listOwn()).map(({ name }) => name)).toEqual(['sparkify']);
  clusters.close();
});
