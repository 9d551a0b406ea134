/**
 * The DAGs of the life cycle of a Redshift cluster on the real engine: moto is the control plane, and the local Redshift
 * Data API, which has the cluster's name, is where it answers SQL.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DescribeClustersCommand, RedshiftClient } from '@aws-sdk/client-redshift';
import { resolveAwsConfig } from '../../connections/aws.js';
import { connectS3, type S3Storage } from '../../connections/s3.js';
import type { Connection } from '../../core/connection.js';
import awstRedshiftDag from '../../dags/awst-redshift-dag.js';
import redshiftDown from '../../dags/redshift-down.js';
import redshiftLifecycle from '../../dags/redshift-lifecycle.js';
import redshiftPause from '../../dags/redshift-pause.js';
import redshiftResume from '../../dags/redshift-resume.js';
import redshiftUp from '../../dags/redshift-up.js';
import { createSampleData } from '../../generator/log/sample-data.js';
import { uploadData } from '../../local/data-folder/upload.js';
import { startEngine, type Engine } from '../support/engine.js';
import { DENIED, startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { MOTO_REGION, startMoto, type Moto } from '../support/moto.js';
import { startTestDataApi, type TestDataApi } from '../support/redshift-data-api.js';
import { testStack } from '../support/stack.js';

const cluster = 'airtempo-lifecycle';
const data = createSampleData({ days: 2, songs: 20 });

let moto: Moto;
let proxy: FaultProxy;
let api: TestDataApi;
let storage: S3Storage;
let redshift: RedshiftClient;
let engine: Engine;
let database: string;

beforeAll(async () => {
  moto = await startMoto();
  proxy = await startFaultProxy(moto.url);
  const { accessKeyId, secretAccessKey } = moto.credentials;
  api = await startTestDataApi({
    region: MOTO_REGION,
    findKey: (id) => (id === accessKeyId ? { secretAccessKey } : undefined),
    targets: { clusterIdentifier: cluster, workgroupName: 'none' },
  });
  database = String(api.database.connection.schema);
  storage = connectS3(testStack.s3());
  await uploadData(storage.client, api.bucket.name, data.files());
  redshift = new RedshiftClient(resolveAwsConfig(moto.connection(), 'redshift'));
  const aws: Connection = moto.connection({
    extra: {
      endpoint_url: proxy.url,
      service_config: { 'redshift-data': { endpoint_url: api.server.url } },
    },
  });
  engine = await startEngine(
    [awstRedshiftDag, redshiftDown, redshiftLifecycle, redshiftPause, redshiftResume, redshiftUp],
    [aws],
  );
});
afterAll(async () => {
  await engine.stop();
  redshift.destroy();
  storage.close();
  await api.stop();
  await proxy.stop();
  await moto.stop();
});
beforeEach(() => proxy.clear());

const listClusters = async (): Promise<readonly (string | undefined)[]> =>
  ((await redshift.send(new DescribeClustersCommand({}))).Clusters ?? []).map(
    ({ ClusterStatus }) => ClusterStatus,
  );

describe('redshift_up, redshift_pause, redshift_resume and redshift_down', () => {
  const conf = { cluster };
  const run = async (dag: Parameters<Engine['run']>[0], more: object = {}) => {
    const { status, failure } = await engine.run(dag, { conf: { ...conf, ...more } });
    expect({ status, failure }).toEqual({ status: 'COMPLETED', failure: undefined });
  };

  test('do what they are called for, and twice as well as once', async () => {
    await run(redshiftUp);
    await run(redshiftUp);
    expect(await listClusters()).toEqual(['available']);
    expect(engine.keptConnections.get('redshift')).toMatchObject({ extra: { cluster_identifier: cluster } });
    await run(redshiftPause);
    await run(redshiftPause);
    expect(await listClusters()).toEqual(['paused']);
    await run(redshiftResume);
    expect(await listClusters()).toEqual(['available']);
    await run(redshiftDown, { removeAccess: true });
    await run(redshiftDown, { removeAccess: true });
    expect(await listClusters()).toEqual([]);
    expect(engine.keptConnections.has('redshift')).toBe(false);
  });

  test('fail at once when access is denied, without a second look', async () => {
    proxy.inject('DescribeClusters', DENIED);
    const before = proxy.calls.filter((call) => call === 'DescribeClusters').length;
    const ended = await engine.run(redshiftPause, { conf });
    expect(ended.failure).toMatch(/refused the credentials/);
    expect(proxy.calls.filter((call) => call === 'DescribeClusters').length - before).toBe(1);
  });
});

describe('redshift_lifecycle', () => {
  const load = () => ({ bucket: api.bucket.name });
  const conf = () => ({
    cluster,
    database,
    load: load(),
    dataPrefixes: [`s3://${api.bucket.name}/`],
  });

  test('brings a cluster up, loads it, asks it and takes it down', async () => {
    const ended = await engine.run(redshiftLifecycle, { conf: conf() });
    expect({ failure: ended.failure, states: ended.states }).toEqual({
      failure: undefined,
      states: {
        ensure_access: 'success',
        create_cluster: 'success',
        wait_until_available: 'success',
        write_connection: 'success',
        load: 'success',
        query: 'success',
        stop_execution: 'success',
        delete_cluster: 'success',
        remove_connection: 'success',
      },
    });
    const { rows } = await api.database.session.query('SELECT COUNT(*) AS plays FROM songplays');
    expect(rows).toEqual([{ plays: data.expected.songplays }]);
    expect(await listClusters()).toEqual([]);
    expect(engine.keptConnections.has('redshift')).toBe(false);
  });

  test('takes the cluster down when the load fails', async () => {
    const ended = await engine.run(redshiftLifecycle, {
      conf: { ...conf(), load: { bucket: api.bucket.name, mode: 'no such mode' } },
    });
    expect(ended.states).toMatchObject({
      load: 'failed',
      query: 'upstream_failed',
      delete_cluster: 'success',
      remove_connection: 'success',
    });
    expect(ended.status).toBe('FAILED');
    expect(await listClusters()).toEqual([]);
  });

  test('touches no cluster that another run has made', async () => {
    await engine.run(redshiftUp, { conf: { cluster } });
    const ended = await engine.run(redshiftLifecycle, { conf: conf() });
    expect(ended.states).toMatchObject({ create_cluster: 'failed', delete_cluster: 'failed' });
    expect(ended.failure).toMatch(/made by the run/);
    expect(await listClusters()).toEqual(['available']);
    await engine.run(redshiftDown, { conf: { cluster } });
  });
});
