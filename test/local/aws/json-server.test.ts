import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DescribeStatementCommand,
  ListDatabasesCommand,
  ListStatementsCommand,
  RedshiftDataClient,
} from '@aws-sdk/client-redshift-data';
import { z } from 'zod';

import { createFaultQueue, FAULTS } from '../../../local/aws/faults.js';
import { startAwsJsonServer, type AwsJsonServer } from '../../../local/aws/json-server.js';
import { createOperation } from '../../../local/aws/operation.js';
import type { AccessKey } from '../../../local/aws/signature.js';
import { post, signCall, type RawAnswer, type RawCall } from '../../support/signed-request.js';

const KEY = { accessKeyId: 'AKIATEST', secretAccessKey: 'a secret of the test' };
const TEMPORARY = { accessKeyId: 'ASIATEST', secretAccessKey: 'another', sessionToken: 'a/token+1==' };
const keys: Record<string, AccessKey> = {
  [KEY.accessKeyId]: KEY,
  [TEMPORARY.accessKeyId]: { ...TEMPORARY, expiresAt: new Date('2100-01-01T00:00:00Z') },
  ASIAOLD: { ...TEMPORARY, expiresAt: new Date('2020-01-01T00:00:00Z') },
};
const faults = createFaultQueue();
const unexpected: unknown[] = [];
let calls = 0;
let server: AwsJsonServer;

beforeAll(async () => {
  server = await startAwsJsonServer({
    service: 'redshift-data',
    targetPrefix: 'RedshiftData',
    region: 'us-east-1',
    findKey: (id) => (Object.hasOwn(keys, id) ? keys[id] : undefined),
    maxBodyBytes: 10_000,
    faults,
    onUnexpectedError: (error) => unexpected.push(error),
    operations: {
      DescribeStatement: createOperation(z.object({ Id: z.string().max(40) }), ({ Id }, { accessKeyId }) => {
        calls += 1;
        return { Id, Status: 'FINISHED', ClusterIdentifier: accessKeyId };
      }),
      ListDatabases: createOperation(z.object({}), () => {
        throw new Error('secret internals');
      }),
    },
  });
});

afterAll(() => server.stop());

function client(credentials: object = KEY, options: object = {}): RedshiftDataClient {
  return new RedshiftDataClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: credentials as typeof KEY,
    maxAttempts: 1,
    ...options,
  });
}

function raw(changes: Partial<RawCall> = {}): RawCall {
  return {
    url: server.url,
    service: 'redshift-data',
    target: 'RedshiftData.DescribeStatement',
    body: '{"Id":"x"}',
    ...KEY,
    ...changes,
  };
}

async function send(changes: Partial<RawCall> = {}): Promise<RawAnswer> {
  const call = raw(changes);
  return post(server.url, await signCall(call), call.body);
}

const describeX = new DescribeStatementCommand({ Id: 'x' });

describe('who may ask', () => {
  it('answers the unmodified client, and tells the operation who asks', async () => {
    expect(await client().send(describeX)).toMatchObject({ Id: 'x', ClusterIdentifier: 'AKIATEST' });
    expect(await client(TEMPORARY).send(describeX)).toMatchObject({ ClusterIdentifier: 'ASIATEST' });
  });

  it.each([
    ['a wrong secret', { ...KEY, secretAccessKey: 'wrong' }, 'InvalidSignatureException'],
    ['an unknown key', { ...KEY, accessKeyId: 'AKIAOTHER' }, 'UnrecognizedClientException'],
    [
      'a key named like a property of objects',
      { ...KEY, accessKeyId: 'constructor' },
      'UnrecognizedClientException',
    ],
    ['a missing session token', { ...TEMPORARY, sessionToken: undefined }, 'UnrecognizedClientException'],
    ['a wrong session token', { ...TEMPORARY, sessionToken: 'other' }, 'UnrecognizedClientException'],
    [
      'a session token with a key that has none',
      { ...KEY, sessionToken: 'x' },
      'UnrecognizedClientException',
    ],
    ['expired credentials', { ...TEMPORARY, accessKeyId: 'ASIAOLD' }, 'ExpiredTokenException'],
  ])('refuses %s', async (_what, credentials, name) => {
    await expect(client(credentials).send(describeX)).rejects.toMatchObject({ name });
  });

  it('refuses a signature for another region, service or operation', async () => {
    await expect(client(KEY, { region: 'eu-west-1' }).send(describeX)).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
    expect(await send({ service: 'redshift' })).toMatchObject({ type: 'InvalidSignatureException' });
    const headers = await signCall(raw());
    headers['x-amz-target'] = 'RedshiftData.ListDatabases';
    expect(await post(server.url, headers, raw().body)).toMatchObject({ type: 'InvalidSignatureException' });
  });

  it('refuses a body that is not the one signed, even when a header claims it is', async () => {
    const headers = await signCall(raw());
    expect(await post(server.url, headers, '{"Id":"y"}')).toMatchObject({
      type: 'InvalidSignatureException',
    });
    expect(headers['x-amz-content-sha256']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses a request without a signature, or with half of one', async () => {
    const headers = await signCall(raw());
    const { authorization = '', ...unsigned } = headers;
    expect(await post(server.url, unsigned, '{}')).toMatchObject({
      status: 400,
      type: 'MissingAuthenticationTokenException',
    });
    const half = { ...unsigned, authorization: authorization.replace(/, Signature.*/, '') };
    expect(await post(server.url, half, '{}')).toMatchObject({ type: 'IncompleteSignatureException' });
  });

  it('refuses a signature whose headers do not cover the operation', async () => {
    const headers = await signCall(raw());
    headers['authorization'] = (headers['authorization'] ?? '').replace(';x-amz-target', '');
    expect(await post(server.url, headers, raw().body)).toMatchObject({
      type: 'InvalidSignatureException',
      message: expect.stringContaining('x-amz-target'),
    });
  });

  it.each([-6, 6])('refuses what was signed %i minutes from now', async (minutes) => {
    const answer = await send({ signedAt: new Date(Date.now() + minutes * 60_000) });
    expect(answer.type).toBe('InvalidSignatureException');
    expect(answer.message).toContain(minutes < 0 ? 'Signature expired' : 'Signature not yet current');
  });

  it.each([-4, 4])('takes what was signed %i minutes from now', async (minutes) => {
    expect((await send({ signedAt: new Date(Date.now() + minutes * 60_000) })).status).toBe(200);
  });
});

describe('what is asked', () => {
  it('refuses an operation that it does not have', async () => {
    await expect(client().send(new ListStatementsCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
    });
    expect(await send({ target: 'RedshiftData.constructor' })).toMatchObject({
      type: 'UnknownOperationException',
    });
  });

  it('tells wrong JSON and wrong types from broken rules, each in the shape of the service', async () => {
    expect(await send({ body: '{"Id":' })).toMatchObject({ status: 400, type: 'SerializationException' });
    expect(await send({ body: '{"Id":7}' })).toMatchObject({ type: 'SerializationException' });
    expect(await send({ body: '{}' })).toMatchObject({
      type: 'ValidationException',
      message: `1 validation error detected: Value at 'Id' failed to satisfy constraint: Member must not be null`,
    });
    expect(await send({ body: `{"Id":"${'x'.repeat(41)}"}` })).toMatchObject({ type: 'ValidationException' });
  });

  it('refuses a body beyond the limit, and answers afterwards', async () => {
    expect(await send({ body: `{"Id":"${'x'.repeat(200_000)}"}` })).toMatchObject({
      status: 413,
      type: 'RequestEntityTooLargeException',
    });
    expect((await send()).status).toBe(200);
  });

  it('gives each answer an id, and hides what it did not mean to tell', async () => {
    const answer = await send({ target: 'RedshiftData.ListDatabases' });
    expect(answer).toMatchObject({ status: 500, type: 'InternalServerException' });
    expect(answer.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify(answer)).not.toContain('internals');
    expect(unexpected).toContainEqual(new Error('secret internals'));
    const command = new ListDatabasesCommand({ Database: 'dev' });
    await expect(client().send(command)).rejects.toMatchObject({
      $metadata: { httpStatusCode: 500, requestId: expect.any(String) },
    });
  });
});

describe('faults', () => {
  it.each([
    ['throttled', 'ThrottlingException'],
    ['internal', 'InternalServerException'],
    ['unavailable', 'ServiceUnavailableException'],
    ['expired', 'ExpiredTokenException'],
    ['denied', 'AccessDeniedException'],
  ] as const)('answers %s once, then as always', async (fault, name) => {
    const before = calls;
    faults.push('DescribeStatement', FAULTS[fault]);
    await expect(client().send(describeX)).rejects.toMatchObject({ name });
    expect(calls).toBe(before);
    expect(await client().send(describeX)).toMatchObject({ Id: 'x' });
    expect(faults.pending).toBe(0);
  });

  it('lets the client try again by itself when throttled', async () => {
    faults.push('DescribeStatement', FAULTS.throttled, 2);
    expect(await client(KEY, { maxAttempts: 3 }).send(describeX)).toMatchObject({ Id: 'x' });
  });

  it('does the work of a call whose answer is lost', async () => {
    const before = calls;
    faults.push('DescribeStatement', FAULTS.lostAnswer);
    await expect(client().send(describeX)).rejects.toThrow();
    expect(calls).toBe(before + 1);
  });
});

describe('stopping', () => {
  it('tells operations that nobody waits any more, and frees the port', async () => {
    let begin: (signal: AbortSignal) => void = () => undefined;
    const began = new Promise<AbortSignal>((resolve) => (begin = resolve));
    const other = await startAwsJsonServer({
      service: 'redshift-data',
      targetPrefix: 'RedshiftData',
      region: 'us-east-1',
      findKey: () => KEY,
      operations: {
        DescribeStatement: createOperation(z.object({}), (_input, { signal }) => {
          begin(signal);
          return new Promise<object>(() => undefined);
        }),
      },
    });
    const pending = client(KEY, { endpoint: other.url }).send(describeX);
    const refused = expect(pending).rejects.toThrow();
    const signal = await began;
    await Promise.all([other.stop(), other.stop()]);
    await refused;
    expect(signal.aborted).toBe(true);
    const again = await startAwsJsonServer(
      { service: 's', targetPrefix: 'S', region: 'r', findKey: () => undefined, operations: {} },
      other.port,
    );
    const third = startAwsJsonServer(
      { service: 's', targetPrefix: 'S', region: 'r', findKey: () => undefined, operations: {} },
      other.port,
    );
    await expect(third).rejects.toMatchObject({ code: 'SERVICE_NOT_READY' });
    await again.stop();
  });
});
