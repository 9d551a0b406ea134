/** Every way to say who a connection is on AWS, asked of an STS that knows users and roles. */
import { CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describeAws } from '../../cli/connections/test-aws.js';
import { createSecretScrubber } from '../../connections/index.js';
import { mapAwsError } from '../../connections/aws-errors.js';
import { fetchAwsCaller } from '../../connections/aws-identity.js';
import { resolveAwsConfig, type AwsCredentials } from '../../connections/aws.js';
import { collectSecrets, maskConnection } from '../../connections/mask.js';
import type { Connection } from '../../core/connection.js';
import { createLogger } from '../../workers/logger.js';
import { MOTO_ACCOUNT, MOTO_REGION, startMoto, type Moto } from '../support/moto.js';
import { createScratchFolder } from '../support/scratch.js';
import { services } from '../support/services.js';

const ROLE = `arn:aws:iam::${MOTO_ACCOUNT}:role/loader`;
const SIGNAL = new AbortController().signal;
const AS_ROLE = `arn:aws:sts::${MOTO_ACCOUNT}:assumed-role/loader/airtempo`;

let moto: Moto;
let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
const keys: Record<string, AwsCredentials> = {};

beforeAll(async () => {
  moto = await startMoto();
  scratch = await createScratchFolder();
  const iam = new IAMClient(resolveAwsConfig(moto.connection(), 'iam'));
  for (const UserName of ['anna', 'ben', 'cleo']) {
    await iam.send(new CreateUserCommand({ UserName }));
    const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    keys[UserName] = {
      accessKeyId: key?.AccessKeyId ?? '',
      secretAccessKey: key?.SecretAccessKey ?? '',
    };
  }
  await iam.send(new CreateRoleCommand({ RoleName: 'loader', AssumeRolePolicyDocument: '{}' }));
  iam.destroy();
  await writeFile(
    path.join(scratch.dir, 'credentials'),
    `[ben]\naws_access_key_id = ${keys['ben']?.accessKeyId}\naws_secret_access_key = ${keys['ben']?.secretAccessKey}\n`,
  );
  await writeFile(path.join(scratch.dir, 'config'), `[profile ben]\nregion = ${MOTO_REGION}\n`);
  await writeFile(path.join(scratch.dir, 'token'), 'eyJhbGciOiJSUzI1NiJ9.web-identity-token.signature');
}, 600_000);
afterAll(async () => {
  await moto.stop();
  await scratch.remove();
});

/** A machine that has nothing but what a test gives it. */
const AWS_VARIABLES = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
const before = Object.fromEntries(AWS_VARIABLES.map((name) => [name, process.env[name]]));
function onMachine(variables: Record<string, string>): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: path.join(scratch.dir, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: path.join(scratch.dir, 'credentials'),
    ...variables,
  });
}
afterEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, before);
});

/** A connection to moto without keys. */
const empty = (extra: Record<string, unknown> = {}): Connection => ({
  id: 'aws_credentials',
  type: 'aws',
  extra: { endpoint_url: moto.url, region_name: MOTO_REGION, ...extra },
});
const withKeys = (user: string, extra: Record<string, unknown> = {}): Connection => ({
  ...empty(extra),
  login: keys[user]?.accessKeyId ?? '',
  password: keys[user]?.secretAccessKey ?? '',
});
const user = (name: string): string => `arn:aws:iam::${MOTO_ACCOUNT}:user/${name}`;
const arnOf = async (connection: Connection): Promise<string> => (await fetchAwsCaller(connection)).arn;

describe('a connection is on AWS', () => {
  test('the user of its keys, whether they are login and password or in extra', async () => {
    onMachine({});
    expect(await arnOf(withKeys('anna'))).toBe(user('anna'));
    const inExtra = {
      aws_access_key_id: keys['ben']?.accessKeyId,
      aws_secret_access_key: keys['ben']?.secretAccessKey,
    };
    expect(await arnOf(empty(inExtra))).toBe(user('ben'));
  });

  test.each([['profile'], ['profile_name']])('the user of the profile that %s names', async (name) => {
    onMachine({});
    expect(await arnOf(empty({ [name]: 'ben' }))).toBe(user('ben'));
  });

  test('what the environment says when it is empty', async () => {
    onMachine({
      AWS_ACCESS_KEY_ID: keys['cleo']?.accessKeyId ?? '',
      AWS_SECRET_ACCESS_KEY: keys['cleo']?.secretAccessKey ?? '',
    });
    expect(await arnOf(empty())).toBe(user('cleo'));
  });

  test('the profile of the environment when it is empty', async () => {
    onMachine({ AWS_PROFILE: 'ben' });
    expect(await arnOf(empty())).toBe(user('ben'));
  });

  test('nobody when there is nothing anywhere', async () => {
    onMachine({});
    await expect(fetchAwsCaller(empty())).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringMatching(/connection "aws_credentials".*Could not load credentials/),
    });
  });

  test('the role it assumes with its keys, a profile, or what the environment says', async () => {
    onMachine({});
    expect(await arnOf(withKeys('anna', { role_arn: ROLE, external_id: 'shared-with-partner' }))).toBe(
      AS_ROLE,
    );
    expect(await arnOf(empty({ profile: 'ben', role_arn: ROLE }))).toBe(AS_ROLE);
    onMachine({ AWS_PROFILE: 'ben' });
    expect(await arnOf(empty({ role_arn: ROLE }))).toBe(AS_ROLE);
  });

  test('the role in a session that assume_role_kwargs names, as an object or as JSON in a URI', async () => {
    onMachine({});
    const assume = { RoleSessionName: 'nightly', DurationSeconds: 900, ExternalId: 'shared-with-partner' };
    for (const assume_role_kwargs of [assume, JSON.stringify(assume)]) {
      const extra = { role_arn: ROLE, assume_role_method: 'assume_role', assume_role_kwargs };
      expect(await arnOf(withKeys('anna', extra))).toBe(AS_ROLE.replace('/airtempo', '/nightly'));
    }
  });

  test.each([
    [{ web_identity_token_file: 'token' }],
    [
      {
        assume_role_method: 'assume_role_with_web_identity',
        assume_role_with_web_identity_federation: 'file',
        assume_role_with_web_identity_token_file: 'token',
      },
    ],
  ])('the role it assumes with a web identity: %j', async (extra) => {
    onMachine({});
    const files = Object.fromEntries(
      Object.entries(extra).map(([name, value]) => [
        name,
        value === 'token' ? path.join(scratch.dir, 'token') : value,
      ]),
    );
    expect(await arnOf(empty({ role_arn: ROLE, ...files }))).toBe(AS_ROLE);
  });

  test('who its session token says, by either name', async () => {
    onMachine({});
    const provider = resolveAwsConfig(withKeys('anna', { role_arn: ROLE }), 's3').credentials;
    if (typeof provider !== 'function') throw new Error('a role has no credentials of its own');
    const { accessKeyId, secretAccessKey, sessionToken } = await provider();
    for (const name of ['session_token', 'aws_session_token']) {
      const connection = {
        ...empty({ [name]: sessionToken }),
        login: accessKeyId,
        password: secretAccessKey,
      };
      expect(await arnOf(connection)).toBe(AS_ROLE);
    }
  });

  test('asked at the address of each service', () => {
    const connection = empty({
      endpoint_url: 'http://127.0.0.1:1',
      service_config: { sts: { endpoint_url: moto.url } },
    });
    expect(resolveAwsConfig(connection, 'sts').endpoint).toBe(moto.url);
    expect(resolveAwsConfig(connection, 's3').endpoint).toBe('http://127.0.0.1:1');
    const text = {
      ...connection,
      extra: { service_config: JSON.stringify(connection.extra['service_config']) },
    };
    expect(resolveAwsConfig(text, 'sts').endpoint).toBe(moto.url);
    expect(resolveAwsConfig(text, 's3')).not.toHaveProperty('endpoint');
  });
});

test.each([
  ['half of a key pair', { aws_access_key_id: 'AKIAEXAMPLE' }, /a login but no password/],
  ['a way without a role', { assume_role_method: 'assume_role' }, /no extra\.role_arn/],
  ['SAML', { role_arn: ROLE, assume_role_method: 'assume_role_with_saml' }, /assume_role_with_saml is not/],
  [
    'a token of Google',
    {
      role_arn: ROLE,
      assume_role_method: 'assume_role_with_web_identity',
      assume_role_with_web_identity_federation: 'google',
    },
    /federation is google/,
  ],
  [
    'an unknown option',
    { role_arn: ROLE, assume_role_kwargs: { SerialNumber: 'x' } },
    /cannot use SerialNumber/,
  ],
  [
    'a wrong duration',
    { role_arn: ROLE, assume_role_kwargs: { DurationSeconds: 5 } },
    /cannot use DurationSeconds/,
  ],
  ['text in place of an object', { service_config: 'http://host' }, /service_config must be an object/],
])('a connection with %s is refused with the field to correct', (_what, extra, message) => {
  expect(() => resolveAwsConfig(empty(extra), 's3')).toThrow(
    expect.objectContaining({ code: 'INVALID_CONNECTION', message: expect.stringMatching(message) }),
  );
});

describe('connections test', () => {
  test('says account and user', async () => {
    onMachine({});
    expect(await describeAws(withKeys('anna'), SIGNAL)).toBe(
      `signed in to account ${MOTO_ACCOUNT} as ${user('anna')}`,
    );
  });

  test('asks an S3 server without identities for its buckets, and says so', async () => {
    expect(await describeAws(services().s3, SIGNAL)).toMatch(
      /^signed in; \d+ buckets; http:\/\/127\.0\.0\.1:\d+ is an S3 server without identities/,
    );
  });

  test('refuses wrong keys at such a server', async () => {
    await expect(describeAws({ ...services().s3, password: 'not-the-secret' }, SIGNAL)).rejects.toMatchObject(
      {
        code: 'ACCESS_DENIED',
      },
    );
  });
});

describe('secrets', () => {
  const SECRETS = {
    login: 'AKIASECRETLOGIN12345',
    password: 'wJalrXUtnFEMI/K7MDENG+secret=',
    session_token: 'IQoJb3JpZ2luX2VjEOr/session+token==',
    aws_session_token: 'IQoJb3JpZ2luX2VjEOr/airflow+token==',
    external_id: 'external-id-of-partner',
    aws_access_key_id: 'AKIASECRETEXTRA12345',
    aws_secret_access_key: 'extra/secret+access+key==',
    inKwargs: 'external-id-in-kwargs',
  };
  const full = (): Connection => ({
    ...empty({
      session_token: SECRETS.session_token,
      aws_session_token: SECRETS.aws_session_token,
      external_id: SECRETS.external_id,
      aws_access_key_id: SECRETS.aws_access_key_id,
      aws_secret_access_key: SECRETS.aws_secret_access_key,
      role_arn: ROLE,
      assume_role_kwargs: JSON.stringify({ ExternalId: SECRETS.inKwargs }),
    }),
    login: SECRETS.login,
    password: SECRETS.password,
  });
  const expectNone = (text: string): void => {
    for (const secret of Object.values(SECRETS))
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
        expect(text).not.toContain(form);
  };

  test('of every form are known, and masked where a connection is shown', () => {
    expect([...collectSecrets(full())].sort()).toEqual(Object.values(SECRETS).sort());
    expectNone(JSON.stringify(maskConnection(full())));
  });

  test('never appear in an error or a log', async () => {
    onMachine({});
    const scrubber = createSecretScrubber();
    scrubber.register(full());
    const lines: string[] = [];
    const logger = createLogger(scrubber, {
      level: 'trace',
      destination: { write: (line) => lines.push(line) },
    });
    const unreachable = { ...full(), extra: { ...full().extra, endpoint_url: 'http://127.0.0.1:9' } };
    const error: unknown = await fetchAwsCaller(unreachable).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'CONNECTION_REFUSED' });
    const echo = mapAwsError(
      Object.assign(new Error(`no: ${SECRETS.external_id} ${encodeURIComponent(SECRETS.session_token)}`), {
        name: 'AccessDenied',
      }),
      full(),
      { service: 'AWS STS', action: 'AssumeRole' },
    );
    logger.error({ err: error, connection: maskConnection(full()) }, 'failed');
    logger.error({ err: echo }, echo.message);
    const text = lines.join('\n');
    expect(text).toContain('AssumeRole');
    expectNone(text);
  });
});
