/** The `emr` commands with the built program, a real worker and moto's EMR, IAM and EC2. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { RunJobFlowCommand, EMRClient } from '@aws-sdk/client-emr';
import {
  CreateSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  DeleteSubnetCommand,
  DescribeSubnetsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand, IAMClient, ListAttachedRolePoliciesCommand } from '@aws-sdk/client-iam';
import { resolveAwsConfig } from '../../connections/aws.js';
import { createCliProject, type CliProject, type CliResult } from '../support/cli.js';
import { until } from '../support/engine.js';
import { startMoto, type Moto } from '../support/moto.js';
import { testStack } from '../support/stack.js';

let moto: Moto;
let project: CliProject;
let emr: EMRClient;
let ec2: EC2Client;
let iam: IAMClient;

beforeAll(async () => {
  moto = await startMoto();
  const connection = moto.connection();
  emr = new EMRClient(resolveAwsConfig(connection, 'emr'));
  ec2 = new EC2Client(resolveAwsConfig(connection, 'ec2'));
  iam = new IAMClient(resolveAwsConfig(connection, 'iam'));
  const { id: _, type, ...fields } = connection;
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_TASK_QUEUE: `emr-cli-${String(process.pid)}`,
    AIRTEMPO_CONN_AWS_CREDENTIALS: JSON.stringify({ conn_type: type, ...fields }),
  });
  const worker = project.start(['worker']);
  await until(() => worker.output().includes('worker started') || undefined);
});
afterAll(async () => {
  for (const client of [emr, ec2, iam]) client.destroy();
  await project.remove();
  await moto.stop();
});

const airtempo = (...args: string[]): Promise<CliResult> => project.run(['emr', ...args]);

describe('airtempo emr', () => {
  test('up --dry-run shows what is created and what it costs, and creates nothing', async () => {
    const { code, stdout } = await airtempo('up', '--preset', 'sparkify', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(/emr-5\.29\.0 \(Spark, Livy\)/);
    expect(stdout).toMatch(/3 × m5\.xlarge/);
    expect(stdout).toMatch(/about \$0\.72 an hour \(example/);
    expect(stdout).toMatch(/warning: emr-5\.29\.0 knows no idle auto-termination/);
    const { stdout: listed } = await airtempo('list', '--json');
    expect(JSON.parse(listed)).toEqual([]);
  });

  test('up asks before it spends money, and names what is missing', async () => {
    const asked = await airtempo('up');
    expect(asked).toMatchObject({ code: 2 });
    expect(asked.stderr).toMatch(/Create EMR cluster "airtempo-lake"\?.*Add --yes/s);
    const refused = await airtempo('up', '--yes');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/no EMR_DefaultRole and EMR_EC2_DefaultRole.*--create-default-roles/);
    expect((await airtempo('check')).code).toBe(1);
  });

  test('up creates roles and key pair when asked, then the cluster; again it adopts, and down ends it', async () => {
    const keyFile = path.join(project.dir, 'lake.pem');
    const args = ['--yes', '--json', '--log-uri', 's3://logs/emr/', '--key', 'lake'];
    const made = await airtempo('up', ...args, '--create-default-roles', '--create-key-pair', keyFile);
    expect(made).toMatchObject({ code: 0 });
    const cluster = JSON.parse(made.stdout) as { clusterId: string; status: { kind: string } };
    expect(cluster).toMatchObject({
      name: 'airtempo-lake',
      status: { kind: 'ready', state: 'WAITING' },
      isManaged: true,
      release: 'emr-7.13.0',
    });
    expect((await stat(keyFile)).mode & 0o777).toBe(0o400);
    expect(await readFile(keyFile, 'utf8')).toContain('PRIVATE KEY');
    expect(made.stdout + made.stderr).not.toContain('PRIVATE KEY');
    const profile = await iam.send(
      new GetInstanceProfileCommand({ InstanceProfileName: 'EMR_EC2_DefaultRole' }),
    );
    expect(profile.InstanceProfile?.Roles?.map(({ RoleName }) => RoleName)).toEqual(['EMR_EC2_DefaultRole']);
    const policies = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: 'EMR_DefaultRole' }));
    expect(policies.AttachedPolicies?.map(({ PolicyName }) => PolicyName)).toEqual([
      'AmazonElasticMapReduceRole',
    ]);
    expect(await airtempo('check', '--key', 'lake')).toMatchObject({ code: 0 });

    const again = await airtempo('up', ...args);
    expect(JSON.parse(again.stdout)).toMatchObject({ clusterId: cluster.clusterId });
    const listed = await airtempo('list', '--json');
    expect(JSON.parse(listed.stdout)).toHaveLength(1);
    expect((await airtempo('status')).stdout).toMatch(/state {4}WAITING/);

    const down = await airtempo('down', '--yes');
    expect(down).toMatchObject({ code: 0 });
    expect(down.stdout).toContain(`EMR cluster ${cluster.clusterId} is gone.`);
    const twice = await airtempo('down', '--yes');
    expect(twice).toMatchObject({ code: 0 });
    expect(twice.stdout).toMatch(/nothing to terminate/);
  });

  test('a cluster of that name that somebody else made is not touched', async () => {
    const input = {
      Name: 'airtempo-lake',
      Instances: { KeepJobFlowAliveWhenNoSteps: true, InstanceCount: 1, MasterInstanceType: 'm5.xlarge' },
    };
    const { JobFlowId: clusterId = '' } = await emr.send(new RunJobFlowCommand(input));
    const { code, stderr } = await airtempo('up', '--yes');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`${clusterId} is called "airtempo-lake" but was not made by airtempo.*add-tags`),
    );
    expect((await airtempo('down', '--yes')).code).toBe(1);
    expect((await airtempo('down', '--yes', '--cluster-id', clusterId)).code).toBe(0);
  });

  test('allow-ssh opens the primary node’s group to one address, once; never to everybody', async () => {
    const group = new CreateSecurityGroupCommand({
      GroupName: 'ElasticMapReduce-master',
      Description: 'primary',
    });
    const { GroupId: groupId = '' } = await ec2.send(group);
    const Instances = {
      KeepJobFlowAliveWhenNoSteps: true,
      InstanceCount: 1,
      MasterInstanceType: 'm5.xlarge',
      EmrManagedMasterSecurityGroup: groupId,
    };
    await emr.send(new RunJobFlowCommand({ Name: 'reachable', Instances }));
    const allow = (cidr: string): Promise<CliResult> =>
      airtempo('allow-ssh', '--name', 'reachable', '--cidr', cidr, '--json');
    const first = await allow('203.0.113.4/32');
    expect(JSON.parse(first.stdout)).toMatchObject({ groupId, outcome: 'added' });
    expect(JSON.parse((await allow('203.0.113.4')).stdout)).toMatchObject({ outcome: 'known' });
    const { SecurityGroups: groups = [] } = await ec2.send(
      new DescribeSecurityGroupsCommand({ GroupIds: [groupId] }),
    );
    const open = groups[0]?.IpPermissions?.filter(({ FromPort }) => FromPort === 22);
    expect(open?.flatMap(({ IpRanges = [] }) => IpRanges.map(({ CidrIp }) => CidrIp))).toEqual([
      '203.0.113.4/32',
    ]);
    const refused = await allow('0.0.0.0/0');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/the whole internet/);
  });

  test('ssh-tunnel prints the commands of the Sparkify projects', async () => {
    const { stdout } = await airtempo('ssh-tunnel', '--name', 'reachable', '--key-file', 'my key.pem');
    expect(stdout).toMatch(/^ssh -i 'my key\.pem' hadoop@ec2-\S+$/m);
    for (const port of [18080, 8088, 50070]) {
      expect(stdout).toMatch(
        new RegExp(`^ssh -i 'my key\\.pem' -N -L 8157:ec2-\\S+:${String(port)} hadoop@ec2-\\S+$`, 'm'),
      );
    }
  });

  test('check finds a missing default subnet, and up creates it when asked', async () => {
    const { Subnets: subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    for (const { SubnetId } of subnets) await ec2.send(new DeleteSubnetCommand({ SubnetId }));
    const checked = await airtempo('check', '--json');
    expect(JSON.parse(checked.stdout)).toContainEqual(
      expect.objectContaining({ what: 'a default subnet', ok: false }),
    );
    const refused = await airtempo('up', '--yes');
    expect(refused.stderr).toMatch(/no default subnet.*--create-default-subnet/);
    const made = await airtempo('up', '--yes', '--name', 'in-subnet', '--create-default-subnet');
    expect(made.stderr).toMatch(/The default subnet of us-west-2\w is subnet-/);
    expect(made.code).toBe(0);
    expect((await airtempo('check')).code).toBe(0);
    expect((await airtempo('down', '--yes', '--name', 'in-subnet')).code).toBe(0);
  });
});
