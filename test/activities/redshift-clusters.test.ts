/** The operators of Redshift clusters, on the real protocol: moto behind a proxy that goes wrong when told to. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateRoleCommand, GetRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CreateClusterCommand,
  DescribeClusterSnapshotsCommand,
  DescribeClustersCommand,
  RedshiftClient,
  type CreateClusterCommandInput,
} from '@aws-sdk/client-redshift';
import {
  createRedshiftCluster,
  deleteRedshiftCluster,
  ensureRedshiftAccess,
  pauseRedshiftCluster,
  removeRedshiftAccess,
  removeRedshiftConnection,
  resumeRedshiftCluster,
  waitForRedshiftCluster,
  writeRedshiftConnection,
} from '../../activities/index.js';
import type { EnsureRedshiftAccessArgs } from '../../activities/redshift/ensure-access.js';
import { resolveAwsConfig } from '../../connections/aws.js';
import type { Connection } from '../../core/connection.js';
import type { TaskConnectionStore, TaskContext } from '../../core/context.js';
import { isNotYet } from '../../core/sensor.js';
import {
  DENIED,
  EXPIRED,
  OUT_OF_ORDER,
  startFaultProxy,
  THROTTLED,
  type Fault,
  type FaultProxy,
} from '../support/fault-proxy.js';
import { startMoto, type Moto } from '../support/moto.js';
import { createTaskContext } from '../support/task-context.js';

// of each test its own: emptying the account takes longer than all the rest
let cluster: string;
let roleName: string;
let number = 0;
const dataPrefixes = ['s3://lake/log_data/', 's3://lake/song_data/'];

let moto: Moto;
let proxy: FaultProxy;
let aws: Connection;
let redshift: RedshiftClient;
let ec2: EC2Client;
let iam: IAMClient;
let ctx: TaskContext;

beforeAll(async () => {
  moto = await startMoto();
  proxy = await startFaultProxy(moto.url);
  aws = moto.connection({ extra: { endpoint_url: proxy.url } });
  redshift = new RedshiftClient(resolveAwsConfig(moto.connection(), 'redshift'));
  ec2 = new EC2Client(resolveAwsConfig(moto.connection(), 'ec2'));
  iam = new IAMClient(resolveAwsConfig(moto.connection(), 'iam'));
});
afterAll(async () => {
  for (const client of [redshift, ec2, iam]) client.destroy();
  await proxy.stop();
  await moto.stop();
});
beforeEach(() => {
  proxy.clear();
  number += 1;
  cluster = `sparkify-${String(number)}`;
  roleName = `RedshiftRole-${String(number)}`;
  ctx = createTaskContext([aws]);
});

const access = (more: Partial<EnsureRedshiftAccessArgs> = {}) =>
  ensureRedshiftAccess({ args: { cluster, dataPrefixes, roleName, ...more }, ctx });
const create = async (scope: 'any' | 'run' = 'any') =>
  createRedshiftCluster({ args: { cluster, access: await access(), scope }, ctx });
const describeCluster = async () =>
  (await redshift.send(new DescribeClustersCommand({ ClusterIdentifier: cluster }))).Clusters?.[0];
const createForeign = (input: Partial<CreateClusterCommandInput> = {}) =>
  redshift.send(
    new CreateClusterCommand({
      ClusterIdentifier: cluster,
      NodeType: 'ra3.large',
      MasterUsername: 'root',
      MasterUserPassword: 'Theirs-not-ours-1',
      ...input,
    }),
  );

/** What a poke answers: its output, or why not yet. */
async function answer(poke: Promise<unknown>): Promise<unknown> {
  const result = await poke;
  return isNotYet(result) ? `not yet: ${result.reason}` : result;
}

/** Lets the service call the cluster's state by this word. */
const inState = (status: string): Fault => ({
  kind: 'edit-answer',
  edit: (text) => text.replaceAll(/<ClusterStatus>[^<]*/g, `<ClusterStatus>${status}`),
});
const callsOf = (action: string): number => proxy.calls.filter((call) => call === action).length;

describe('role and network of a cluster', () => {
  test('are made once: a role that reads the data and nothing else, a group that lets one address in', async () => {
    const first = await access({ cidr: '203.0.113.7' });
    expect(await access({ cidr: '203.0.113.7' })).toEqual(first);
    expect(await readPolicy()).toEqual([
      {
        Effect: 'Allow',
        Action: ['s3:GetObject'],
        Resource: ['arn:aws:s3:::lake/log_data/*', 'arn:aws:s3:::lake/song_data/*'],
      },
      {
        Effect: 'Allow',
        Action: ['s3:ListBucket'],
        Resource: ['arn:aws:s3:::lake'],
        Condition: { StringLike: { 's3:prefix': ['log_data/*', 'song_data/*'] } },
      },
      { Effect: 'Allow', Action: ['s3:GetBucketLocation'], Resource: ['arn:aws:s3:::lake'] },
    ]);
    expect(await readIngress()).toEqual(['tcp 5439-5439 203.0.113.7/32']);
  });

  test('follow what is asked for: other prefixes, and an address that has changed', async () => {
    await access({ cidr: '203.0.113.7' });
    await access({ cidr: '198.51.100.0/28', dataPrefixes: ['s3://other/'] });
    expect(await readIngress()).toEqual(['tcp 5439-5439 198.51.100.0/28']);
    expect(JSON.stringify(await readPolicy())).not.toContain('lake');
  });

  test('let nobody in unless an address is given, and never everybody', async () => {
    await access();
    expect(await readIngress()).toEqual([]);
    for (const cidr of ['0.0.0.0/0', '10.0.0.0/8', '::/0', 'here']) {
      await expect(access({ cidr })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    expect(await readIngress()).toEqual([]);
  });

  test('refuse a prefix that a policy would take for many', async () => {
    for (const prefix of ['s3://lake/*', 's3://lake/${aws:username}/'])
      await expect(access({ dataPrefixes: [prefix] })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('leave a role of somebody else as it is, and refuse one that clusters cannot take', async () => {
    await createRole('redshift.amazonaws.com');
    expect(await access()).toMatchObject({ iamRoleArn: expect.stringContaining(`role/${roleName}`) });
    await expect(readPolicy()).rejects.toMatchObject({ name: expect.stringMatching(/NoSuchEntity/) });
    roleName = `${roleName}-ec2`;
    await createRole('ec2.amazonaws.com');
    await expect(access()).rejects.toMatchObject({ code: 'CLUSTER_CONFLICT' });
  });

  test('are removed, twice as well as once', async () => {
    await access();
    const remove = () => answer(removeRedshiftAccess({ args: { cluster, roleName }, ctx }));
    expect(await remove()).toEqual({ network: 'removed', role: 'removed' });
    expect(await remove()).toEqual({ network: 'gone', role: 'gone' });
  });

  test('are removed once the cluster lets go of them', async () => {
    await access();
    const inUse: Fault = { kind: 'error', status: 400, code: 'DependencyViolation' };
    proxy.inject('DeleteSecurityGroup', inUse, 1);
    const remove = () => answer(removeRedshiftAccess({ args: { cluster, roleName }, ctx }));
    expect(await remove()).toBe(`not yet: the security group of ${cluster} is still in use`);
    expect(await remove()).toEqual({ network: 'removed', role: 'removed' });
  });

  async function readPolicy(): Promise<unknown> {
    const { PolicyDocument = '' } = await iam.send(
      new GetRolePolicyCommand({ RoleName: roleName, PolicyName: 'airtempo-read-data' }),
    );
    return (JSON.parse(decodeURIComponent(PolicyDocument)) as { readonly Statement: unknown }).Statement;
  }

  async function readIngress(): Promise<readonly string[]> {
    const { SecurityGroups = [] } = await ec2.send(
      new DescribeSecurityGroupsCommand({
        Filters: [{ Name: 'tag:airtempo:name', Values: [cluster] }],
      }),
    );
    expect(SecurityGroups.length).toBeLessThanOrEqual(1);
    return SecurityGroups.flatMap(({ IpPermissions = [] }) =>
      IpPermissions.flatMap(({ IpProtocol, FromPort, ToPort, IpRanges = [] }) =>
        IpRanges.map(({ CidrIp }) => `${IpProtocol} ${FromPort}-${ToPort} ${CidrIp}`),
      ),
    );
  }

  async function createRole(service: string): Promise<void> {
    const statement = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' };
    const document = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await iam.send(new CreateRoleCommand({ RoleName: roleName, AssumeRolePolicyDocument: document }));
  }
});

describe('create_redshift_cluster', () => {
  test('asks for a cluster that is private and encrypted, with a password of the service', async () => {
    expect(await create()).toEqual({ cluster, change: 'created' });
    expect(await describeCluster()).toMatchObject({
      NodeType: 'ra3.large',
      NumberOfNodes: 1,
      PubliclyAccessible: false,
      Encrypted: true,
      DBName: 'dev',
      MasterUsername: 'awsuser',
      Endpoint: { Port: 5439 },
      IamRoles: [{ IamRoleArn: expect.stringContaining('RedshiftRole') }],
      Tags: expect.arrayContaining([
        { Key: 'airtempo:name', Value: cluster },
        { Key: 'airtempo:managed', Value: 'true' },
      ]),
    });
    expect(proxy.requestOf('CreateCluster')).toContain('ManageMasterPassword=true');
    expect(proxy.requestOf('CreateCluster')).not.toContain('MasterUserPassword');
  });

  test('makes what the original projects ran on by a preset', async () => {
    await createRedshiftCluster({ args: { cluster, access: await access(), preset: 'sparkify' }, ctx });
    expect(await describeCluster()).toMatchObject({ NodeType: 'dc2.large', NumberOfNodes: 2 });
  });

  test('takes up the cluster of a try whose answer was lost, and makes no twin', async () => {
    proxy.inject('CreateCluster', { kind: 'lose-answer' }, 1);
    // the client of the SDK tries again by itself, and is told that the name is taken
    expect(await create()).toEqual({ cluster, change: 'adopted' });
    expect(await create()).toEqual({ cluster, change: 'adopted' });
    const { Clusters = [] } = await redshift.send(
      new DescribeClustersCommand({ TagKeys: ['airtempo:name'] }),
    );
    expect(Clusters.filter(({ ClusterIdentifier }) => ClusterIdentifier === cluster)).toHaveLength(1);
  });

  test('resumes a cluster that is paused', async () => {
    await create();
    await pauseRedshiftCluster({ args: { cluster }, ctx });
    expect(await create()).toEqual({ cluster, change: 'resumed' });
    expect(await describeCluster()).toMatchObject({ ClusterStatus: 'available' });
  });

  test('waits for a former cluster of that name to go', async () => {
    await create();
    proxy.inject('DescribeClusters', inState('deleting'), 1);
    expect(await answer(create())).toBe(`not yet: the former cluster ${cluster} is deleting`);
  });

  test('leaves the cluster of somebody else alone', async () => {
    await createForeign();
    await expect(create()).rejects.toMatchObject({ code: 'CLUSTER_CONFLICT' });
    // the same when it comes between the look and the request
    const unseen: Fault = { kind: 'error', status: 404, code: 'ClusterNotFound' };
    proxy.inject('DescribeClusters', unseen, 1);
    await expect(create()).rejects.toMatchObject({ code: 'CLUSTER_CONFLICT' });
  });

  test('takes up no cluster of another run when told so', async () => {
    await create('run');
    expect(await create('run')).toMatchObject({ change: 'adopted' });
    ctx = createTaskContext([aws], { runId: 'manual__another' });
    await expect(create('run')).rejects.toMatchObject({ code: 'CLUSTER_CONFLICT' });
    expect(await create('any')).toMatchObject({ change: 'adopted' });
  });
});

describe('wait_for_redshift_cluster', () => {
  const wait = (until?: 'available' | 'paused' | 'gone') =>
    answer(waitForRedshiftCluster({ args: { cluster, until }, ctx }));

  test('looks once a poke, and tells the address in the end', async () => {
    await create();
    proxy.inject('DescribeClusters', inState('creating'), 1);
    const before = callsOf('DescribeClusters');
    expect(await wait()).toBe(`not yet: ${cluster} is creating`);
    expect(callsOf('DescribeClusters') - before).toBe(1);
    expect(await wait()).toEqual({
      cluster,
      state: 'available',
      host: expect.stringMatching(/redshift\.amazonaws\.com$/),
      port: 5439,
    });
  });

  test.each(['incompatible-network', 'hardware-failure', 'storage-full'])(
    'fails at once for %s',
    async (status) => {
      await create();
      proxy.inject('DescribeClusters', inState(status));
      await expect(wait()).rejects.toMatchObject({ code: 'CLUSTER_FAILED', retryable: false });
      expect(await wait('gone')).toBe(`not yet: ${cluster} is ${status}`);
    },
  );

  test('fails at once when there is no such cluster, unless that is awaited', async () => {
    await expect(wait()).rejects.toMatchObject({ code: 'CLUSTER_NOT_FOUND' });
    expect(await wait('gone')).toEqual({ cluster, state: 'gone' });
  });

  test('goes on waiting in states that pass', async () => {
    await create();
    for (const status of ['pausing', 'resuming', 'modifying', 'some-new-state']) {
      proxy.inject('DescribeClusters', inState(status), 1);
      expect(await wait()).toBe(`not yet: ${cluster} is ${status}`);
    }
    proxy.inject('DescribeClusters', inState('available, resize-cleanup'), 1);
    expect(await wait()).toMatchObject({ state: 'available' });
  });

  test('reports access that is refused at once, after one call', async () => {
    proxy.inject('DescribeClusters', DENIED);
    const before = callsOf('DescribeClusters');
    await expect(wait()).rejects.toMatchObject({ code: 'ACCESS_DENIED', retryable: false });
    expect(callsOf('DescribeClusters') - before).toBe(1);
  });

  test.each([
    ['throttling', THROTTLED],
    ['a service that is out of order', OUT_OF_ORDER],
    ['credentials that expire', EXPIRED],
  ])('leaves %s to the next try', async (_, fault) => {
    await create();
    proxy.inject('DescribeClusters', fault);
    await expect(wait()).rejects.toMatchObject({ code: 'AWS_UNAVAILABLE', retryable: true });
    proxy.clear();
    expect(await wait()).toMatchObject({ state: 'available' });
  });
});

describe('pause_redshift_cluster and resume_redshift_cluster', () => {
  const pause = () => answer(pauseRedshiftCluster({ args: { cluster }, ctx }));
  const resume = () => answer(resumeRedshiftCluster({ args: { cluster }, ctx }));

  test('change the state, and twice as well as once', async () => {
    await create();
    for (let time = 0; time < 2; time += 1) expect(await pause()).toEqual({ cluster, state: 'paused' });
    for (let time = 0; time < 2; time += 1) expect(await resume()).toEqual({ cluster, state: 'available' });
    expect([callsOf('PauseCluster'), callsOf('ResumeCluster')].every((calls) => calls > 0)).toBe(true);
  });

  test('wait until the cluster may be asked', async () => {
    await create();
    proxy.inject('DescribeClusters', inState('creating'), 1);
    expect(await pause()).toBe(`not yet: ${cluster} is creating`);
    proxy.inject('PauseCluster', { kind: 'error', status: 400, code: 'InvalidClusterState' }, 1);
    expect(await pause()).toMatch(/not yet/);
    expect(await pause()).toEqual({ cluster, state: 'paused' });
  });

  test('touch no cluster of somebody else', async () => {
    await createForeign();
    await expect(pause()).rejects.toMatchObject({ code: 'CLUSTER_CONFLICT' });
    expect(await describeCluster()).toMatchObject({ ClusterStatus: 'available' });
  });
});

describe('delete_redshift_cluster', () => {
  const remove = (more: { readonly finalSnapshot?: string; readonly scope?: 'run' } = {}) =>
    answer(deleteRedshiftCluster({ args: { cluster, ...more }, ctx }));

  test('deletes, and twice as well as once', async () => {
    await create();
    expect(await remove()).toEqual({ cluster, state: 'gone' });
    expect(await remove()).toEqual({ cluster, state: 'gone' });
    expect(await listSnapshots()).toEqual([]);
  });

  test('keeps a snapshot only when asked', async () => {
    await create();
    await remove({ finalSnapshot: `${cluster}-2018` });
    expect(await listSnapshots()).toEqual([`${cluster}-2018`]);
  });

  test('asks again while the cluster is being created', async () => {
    await create();
    proxy.inject('DescribeClusters', inState('creating'), 1);
    proxy.inject('DeleteCluster', { kind: 'error', status: 400, code: 'InvalidClusterState' }, 1);
    expect(await remove()).toBe(`not yet: ${cluster} is creating and cannot be deleted yet`);
    expect(await remove()).toEqual({ cluster, state: 'gone' });
  });

  test('resumes a paused cluster that cannot be deleted otherwise', async () => {
    await create();
    await pauseRedshiftCluster({ args: { cluster }, ctx });
    proxy.inject('DeleteCluster', { kind: 'error', status: 400, code: 'InvalidClusterState' }, 1);
    expect(await remove()).toMatch(/not yet/);
    expect(await describeCluster()).toMatchObject({ ClusterStatus: 'available' });
    expect(await remove()).toEqual({ cluster, state: 'gone' });
  });

  test('waits until it is gone, and does not ask twice', async () => {
    await create();
    proxy.inject('DescribeClusters', inState('deleting'), 1);
    const before = callsOf('DeleteCluster');
    expect(await remove()).toBe(`not yet: ${cluster} is deleting`);
    expect(callsOf('DeleteCluster')).toBe(before);
  });

  test('leaves alone what is not its own', async () => {
    await createForeign();
    await expect(remove()).rejects.toMatchObject({ code: 'CLUSTER_CONFLICT' });
    cluster = `${cluster}-own`;
    await create();
    ctx = createTaskContext([aws], { runId: 'manual__another' });
    await expect(remove({ scope: 'run' })).rejects.toMatchObject({ code: 'CLUSTER_CONFLICT' });
    expect(await describeCluster()).toBeDefined();
  });

  async function listSnapshots(): Promise<readonly string[]> {
    const { Snapshots = [] } = await redshift.send(
      new DescribeClusterSnapshotsCommand({ ClusterIdentifier: cluster, SnapshotType: 'manual' }),
    );
    // of a name that has none, moto tells those of all
    return Snapshots.map(({ SnapshotIdentifier = '' }) => SnapshotIdentifier).filter((id) =>
      id.startsWith(cluster),
    );
  }
});

describe('write_redshift_connection', () => {
  let kept: Connection[];
  const connectionStore: TaskConnectionStore = {
    save: (connection) => Promise.resolve(void kept.push(connection)),
    delete: (connId) => Promise.resolve(connId === 'redshift'),
  };
  const write = () => writeRedshiftConnection({ args: { cluster, driver: 'data-api' }, ctx });

  beforeEach(() => {
    kept = [];
    ctx = createTaskContext([aws], { connectionStore });
  });

  test('writes where the cluster answers and how to log in, and no secret', async () => {
    await create();
    expect(await write()).toMatchObject({ connId: 'redshift', port: 5439 });
    expect(kept).toEqual([
      {
        id: 'redshift',
        type: 'redshift',
        description: `Redshift cluster ${cluster}, written by test_dag`,
        host: expect.stringMatching(/redshift\.amazonaws\.com$/),
        port: 5439,
        schema: 'dev',
        login: 'awsuser',
        extra: {
          driver: 'data-api',
          iam: true,
          cluster_identifier: cluster,
          db_user: 'awsuser',
          aws_conn_id: 'aws_credentials',
          iam_role: expect.stringMatching(/^arn:aws:iam::\d+:role\/RedshiftRole-\d+$/),
        },
      },
    ]);
  });

  test('refuses a cluster that has no address yet', async () => {
    await create();
    proxy.inject('DescribeClusters', inState('creating'));
    await expect(write()).rejects.toMatchObject({ code: 'CLUSTER_FAILED' });
    expect(kept).toEqual([]);
  });

  test('is undone for its own cluster only', async () => {
    await create();
    await write();
    ctx = createTaskContext([aws, ...kept], { connectionStore });
    const undo = (name: string) => removeRedshiftConnection({ args: { cluster: name }, ctx });
    expect(await undo('another')).toEqual({ removed: false });
    expect(await undo(cluster)).toEqual({ removed: true });
  });
});
