import { CreateKeyPairCommand, CreateSecurityGroupCommand, EC2Client } from '@aws-sdk/client-ec2';
import { EMRClient, RunJobFlowCommand, TerminateJobFlowsCommand } from '@aws-sdk/client-emr';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateClusterCommand, DeleteClusterCommand, RedshiftClient } from '@aws-sdk/client-redshift';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTags } from '../../connections/aws-tags.js';
import { resolveAwsConfig } from '../../connections/aws.js';
import { sweepAws, type AwsSweep } from '../../connections/aws-sweep.js';
import { createCliProject, type CliProject } from '../support/cli.js';
import { MOTO_REGION, startMoto, type Moto } from '../support/moto.js';

let moto: Moto;
let project: CliProject;
beforeAll(async () => {
  moto = await startMoto();
  const { login, password, extra } = moto.connection();
  project = await createCliProject({
    AIRTEMPO_CONN_AWS_CREDENTIALS: JSON.stringify({ conn_type: 'aws', login, password, extra }),
  });
}, 600_000);
afterAll(async () => {
  await project.remove();
  await moto.stop();
});

const Tags = [...createTags('lake', 'run-1')];
const trust = (service: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });

/** One of each kind with the tag, and one without. Returns what ends those that cost money. */
async function furnish(): Promise<() => Promise<void>> {
  const connection = moto.connection();
  const redshift = new RedshiftClient(resolveAwsConfig(connection, 'redshift'));
  const cluster = { NodeType: 'ra3.large', MasterUsername: 'awsuser', MasterUserPassword: 'Passw0rd1' };
  await redshift.send(new CreateClusterCommand({ ...cluster, ClusterIdentifier: 'lake', Tags }));
  await redshift.send(new CreateClusterCommand({ ...cluster, ClusterIdentifier: 'of-somebody' }));
  const emr = new EMRClient(resolveAwsConfig(connection, 'emr'));
  const flow = {
    Instances: { InstanceCount: 1, KeepJobFlowAliveWhenNoSteps: true },
    ReleaseLabel: 'emr-7.0.0',
  };
  const { JobFlowId } = await emr.send(new RunJobFlowCommand({ ...flow, Name: 'lake', Tags }));
  await emr.send(new RunJobFlowCommand({ ...flow, Name: 'of-somebody' }));
  const ec2 = new EC2Client(resolveAwsConfig(connection, 'ec2'));
  for (const [name, tags] of [
    ['lake', Tags],
    ['of-somebody', [{ Key: 'team', Value: 'other' }]],
  ] as const) {
    await ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: name,
        Description: name,
        TagSpecifications: [{ ResourceType: 'security-group', Tags: [...tags] }],
      }),
    );
    await ec2.send(
      new CreateKeyPairCommand({
        KeyName: name,
        TagSpecifications: [{ ResourceType: 'key-pair', Tags: [...tags] }],
      }),
    );
  }
  const iam = new IAMClient(resolveAwsConfig(connection, 'iam'));
  const roles = [
    ['lake', Tags, 'redshift.amazonaws.com'],
    ['of-somebody', [], 'redshift.amazonaws.com'],
    ['of-lambda', [], 'lambda.amazonaws.com'],
  ] as const;
  for (const [RoleName, tags, service] of roles)
    await iam.send(
      new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust(service), Tags: [...tags] }),
    );
  return async () => {
    await redshift.send(
      new DeleteClusterCommand({ ClusterIdentifier: 'lake', SkipFinalClusterSnapshot: true }),
    );
    await emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [JobFlowId ?? ''] }));
  };
}

const sweepJson = async (...args: readonly string[]): Promise<AwsSweep> =>
  JSON.parse((await project.run(['aws', 'sweep', '--json', ...args])).stdout) as AwsSweep;

test('an account without anything of airtempo is clean', async () => {
  const result = await project.run(['aws', 'sweep', '--fail-if-any']);
  expect(result).toMatchObject({ code: 0, stdout: '' });
  expect(result.stderr).toContain('Nothing is left');
});

test('a sweep lists what airtempo has made, of each kind, with its cost and what removes it, and nothing else', async () => {
  const end = await furnish();
  const { resources, problems } = await sweepJson();
  expect(problems).toEqual([]);
  expect(resources.map(({ kind, name, costs }) => [kind, name, costs])).toEqual([
    ['redshift-cluster', 'lake', 'hourly'],
    ['emr-cluster', 'lake', 'hourly'],
    ['security-group', 'lake', 'nothing'],
    ['key-pair', 'lake', 'nothing'],
    ['iam-role', 'lake', 'nothing'],
  ]);
  const byKind = new Map(resources.map((resource) => [resource.kind, resource]));
  expect(byKind.get('emr-cluster')).toMatchObject({ madeBy: 'run-1', createdAt: expect.any(String) });
  expect(byKind.get('emr-cluster')?.remove).toMatch(/^airtempo emr down --cluster-id j-\w+$/);
  expect(byKind.get('security-group')?.remove).toMatch(/--group-id sg-\w+$/);

  const table = await project.run(['aws', 'sweep', '--fail-if-any', '--region', MOTO_REGION, 'eu-west-1']);
  expect(table.code).toBe(1);
  expect(table.stdout.match(/iam-role/g)).toHaveLength(1); // roles have no region
  expect(table.stdout).toMatch(/emr-cluster +j-\w+ \(lake\) +us-west-2 .* hourly +airtempo emr down/);
  expect((await project.run(['aws', 'sweep'])).code).toBe(0);
  const elsewhere = (await sweepJson('--region', 'eu-west-1')).resources.map(({ kind }) => kind);
  // moto keeps EMR's clusters in one region for all
  expect(elsewhere.filter((kind) => kind !== 'emr-cluster')).toEqual(['iam-role']);

  await end();
  const left = (await sweepJson()).resources.filter(({ costs }) => costs !== 'nothing');
  expect(left).toEqual([]);
}, 180_000);

test('a sweep that may not look everywhere says so and fails', async () => {
  const unreachable = { service_config: { ec2: { endpoint_url: 'http://127.0.0.1:9' } } };
  const { resources, problems } = await sweepAws(moto.connection({ extra: unreachable }));
  expect(problems.map(({ kind }) => kind)).toEqual(['security-group', 'key-pair']);
  expect(resources.map(({ kind }) => kind)).toEqual(['iam-role']);
  const { login, password, extra } = moto.connection({ extra: unreachable });
  const other = await createCliProject({
    AIRTEMPO_CONN_AWS_CREDENTIALS: JSON.stringify({ conn_type: 'aws', login, password, extra }),
  });
  const result = await other.run(['aws', 'sweep']);
  await other.remove();
  expect(result.code).not.toBe(0);
  expect(result.stderr).toMatch(/cannot look for key-pair: .*The sweep is not complete/s);
});
