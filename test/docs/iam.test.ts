/** The policies in docs/iam: valid, small enough, no wider than they say, and enough for what the code asks of AWS. */
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { CreateClusterCommand, RedshiftClient } from '@aws-sdk/client-redshift';
import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { sweepAws } from '../../connections/aws-sweep.js';
import { resolveAwsConfig } from '../../connections/aws.js';
import { createRolePolicy, TRUST_POLICY } from '../../connections/redshift-clusters/role-policy.js';
import { MOTO_ACCOUNT, MOTO_REGION, startMoto } from '../support/moto.js';

const FOLDER = 'docs/iam';
const oneOrMany = z.union([z.string(), z.array(z.string()).min(1)]).transform((value) => [value].flat());
const policySchema = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z
    .array(
      z.strictObject({
        Sid: z.string().regex(/^[A-Za-z0-9]+$/),
        Effect: z.literal('Allow'),
        Principal: z.strictObject({ Service: z.string() }).optional(),
        Action: oneOrMany,
        Resource: oneOrMany.optional(),
        Condition: z.record(z.string(), z.record(z.string(), oneOrMany)).optional(),
      }),
    )
    .min(1),
});
type Policy = z.infer<typeof policySchema>;

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace(/\.json$/, ''));
const textOf = (name: string): string => readFileSync(path.join(FOLDER, `${name}.json`), 'utf8');
const policyOf = (name: string): Policy => policySchema.parse(JSON.parse(textOf(name)));
const actionsOf = (name: string): ReadonlySet<string> =>
  new Set(policyOf(name).Statement.flatMap(({ Action }) => Action));

/** Why a statement may name every resource, by its Sid. AWS has no narrower form for these. */
const EVERY_RESOURCE: Readonly<Record<string, string>> = {
  LookAtRedshiftClusters: 'a list has no resource; it shows names and states, not data',
  MakeUpThePassword: 'GetRandomPassword has no resource',
  FollowOwnSql: 'a statement has no ARN; the condition leaves those that the caller has sent',
  CreateTaggedEmrClusters: 'a new cluster has no id yet; the condition asks for the tag',
  ListEmrClusters: 'a list has no resource',
  LookAtNetworks: 'the Describe calls of EC2 know no resources',
  LookAround: 'the Describe calls of EC2 know no resources',
  TestS3Connections: 'a list of the account',
  MakeTheDefaultSubnet: 'CreateDefaultSubnet has no resource',
  SweepRoles: 'a list of the account',
};

describe.each(names)('the policy %s', (name) => {
  test('is a valid policy, with its own names for its statements', () => {
    const { Statement: statements } = policyOf(name);
    const sids = statements.map(({ Sid }) => Sid);
    expect(new Set(sids).size).toBe(sids.length);
    for (const { Action: actions, Principal: principal, Resource: resources } of statements) {
      expect(actions.filter((action) => !/^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$/.test(action))).toEqual([]);
      expect((resources ?? []).filter((one) => one !== '*' && !one.startsWith('arn:aws:'))).toEqual([]);
      expect(principal === undefined).toBe(!name.endsWith('-trust'));
      expect(resources === undefined).toBe(name.endsWith('-trust'));
    }
  });

  test('is no longer than IAM takes for a managed policy', () => {
    expect(JSON.stringify(JSON.parse(textOf(name))).length).toBeLessThanOrEqual(6_144);
  });

  test('allows no action by a pattern, and every resource only with a reason', () => {
    for (const { Sid: sid, Action: actions, Resource: resources = [] } of policyOf(name).Statement) {
      expect(actions.filter((action) => action.includes('*'))).toEqual([]);
      if (resources.includes('*')) expect([sid, EVERY_RESOURCE[sid]]).toEqual([sid, expect.any(String)]);
    }
  });

  test('passes roles by their names, and to the services that are meant', () => {
    for (const { Action: actions, Resource: resources = [], Condition: condition } of policyOf(name)
      .Statement) {
      if (!actions.includes('iam:PassRole')) continue;
      expect(resources.filter((arn) => !/^arn:aws:iam::ACCOUNT_ID:role\/[\w-]+$/.test(arn))).toEqual([]);
      expect(condition?.['StringEquals']?.['iam:PassedToService']).toEqual(expect.any(Array));
    }
  });

  test('is explained in docs/iam.md, statement by statement', () => {
    const page = readFileSync('docs/iam.md', 'utf8');
    expect(page).toContain(`(iam/${name}.json)`);
    expect(policyOf(name).Statement.filter(({ Sid }) => !page.includes(`\`${Sid}\``))).toEqual([]);
  });
});

test('every reason for a wide statement is still needed', () => {
  const wide = names.flatMap((name) =>
    policyOf(name)
      .Statement.filter(({ Resource }) => Resource?.includes('*'))
      .map(({ Sid }) => Sid),
  );
  expect(Object.keys(EVERY_RESOURCE).filter((sid) => !wide.includes(sid))).toEqual([]);
});

/** Prefixes of actions by the package of the client. */
const PREFIXES: Readonly<Record<string, string>> = { emr: 'elasticmapreduce' };
/** S3's calls whose action has another name; a null needs none. */
const ACTIONS: Readonly<Record<string, string | null>> = {
  's3:ListObjectsV2': 's3:ListBucket',
  's3:HeadBucket': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
  's3:ListBuckets': 's3:ListAllMyBuckets',
  's3:DeleteObjects': 's3:DeleteObject',
  'sts:GetCallerIdentity': null,
};

function actionOf(client: string, name: string): string | null {
  const call = name.replace(/^paginate|^waitUntil|Command$/g, '');
  const action = `${PREFIXES[client] ?? client}:${call}`;
  const known = ACTIONS[action];
  return known === undefined ? action : known;
}

/** The actions that a file's own calls of AWS need, by the commands that it imports. */
function neededBy(file: string): readonly string[] {
  const imports = readFileSync(file, 'utf8').matchAll(
    /\{([^{}]*)\} (?:from |= await import\()'@aws-sdk\/(?:client|lib)-([\w-]+)'/g,
  );
  return [...imports].flatMap(([, list = '', client = '']) =>
    [...list.matchAll(/\b(paginate\w+|\w+Command)\b/g)].flatMap(([name]) => actionOf(client, name) ?? []),
  );
}

function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** Every file that these import, directly or not. */
function reachableFrom(files: readonly string[]): ReadonlySet<string> {
  const seen = new Set(files);
  for (const file of seen) {
    for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(
      /(?:from |import\()'(\.{1,2}\/[^']+)\.js'/g,
    )) {
      const imported = path.join(path.dirname(file), `${target}.ts`);
      if (existsSync(imported)) seen.add(imported);
    }
  }
  return seen;
}

describe('what the code asks of AWS', () => {
  const byWorkers = reachableFrom(['activities', 'workers', 'dags'].flatMap(sourcesBelow));
  const others = ['connections', 'cli'].flatMap(sourcesBelow).filter((file) => !byWorkers.has(file));
  const missing = (files: Iterable<string>, policy: string): readonly string[] =>
    [...files].flatMap((file) =>
      neededBy(file)
        .filter((action) => !actionsOf(policy).has(action))
        .map((action) => `${action} (${file})`),
    );

  test('is found', () => {
    expect([...byWorkers].flatMap(neededBy)).toEqual(
      expect.arrayContaining([
        's3:GetObject',
        'elasticmapreduce:RunJobFlow',
        'redshift-data:ExecuteStatement',
      ]),
    );
    expect(others.flatMap(neededBy)).toEqual(
      expect.arrayContaining(['s3:ListAllMyBuckets', 'iam:ListRoles']),
    );
  });

  test('by workers is allowed to them', () => {
    expect(missing(byWorkers, 'worker')).toEqual([]);
  });

  test('by commands alone is allowed to people', () => {
    expect(missing(others, 'cli')).toEqual([]);
  });
});

test('the role of Redshift is the one that airtempo makes', () => {
  const prefixes = ['s3://DATA_BUCKET/log_data/', 's3://DATA_BUCKET/song_data/'];
  const made = createRolePolicy(prefixes).Statement.flatMap(({ Action }) => Action);
  expect([...actionsOf('redshift-role')].sort()).toEqual([...new Set(made)].sort());
  expect(policyOf('redshift-role-trust').Statement[0]?.Principal).toEqual(
    TRUST_POLICY.Statement[0].Principal,
  );
});

test('the policy of people is enough for a sweep, and too little to create a cluster', async () => {
  const moto = await startMoto();
  try {
    const iam = new IAMClient(resolveAwsConfig(moto.connection(), 'iam'));
    const document = textOf('cli').replaceAll('ACCOUNT_ID', MOTO_ACCOUNT).replaceAll('REGION', MOTO_REGION);
    await iam.send(new CreateUserCommand({ UserName: 'person' }));
    await iam.send(
      new PutUserPolicyCommand({ UserName: 'person', PolicyName: 'cli', PolicyDocument: document }),
    );
    const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: 'person' }));
    await moto.enforcePolicies();
    const person = moto.connection({ login: key?.AccessKeyId ?? '', password: key?.SecretAccessKey ?? '' });
    expect(await sweepAws(person)).toEqual({ resources: [], problems: [] });
    const redshift = new RedshiftClient(resolveAwsConfig(person, 'redshift'));
    const cluster = { ClusterIdentifier: 'x', NodeType: 'ra3.large', MasterUsername: 'awsuser' };
    await expect(redshift.send(new CreateClusterCommand(cluster))).rejects.toMatchObject({
      name: expect.stringMatching(/AccessDenied/),
    });
  } finally {
    await moto.stop();
  }
}, 180_000);
