import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { connectS3 } from '../../connections/s3.js';
import { formatS3Url, parseS3Url } from '../../connections/s3-url.js';
import type { Connection } from '../../core/connection.js';
import { createTestBucket, services, type TestBucket } from '../support/services.js';

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await createTestBucket();
});
afterAll(() => bucket.drop());

async function read(chunks: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

const codeOf = (code: string, message = /./): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('reading objects', () => {
  test('a listing gives keys, sizes and versions in key order', async () => {
    await bucket.put('list/b', 'bb');
    await bucket.put('list/a é+%25', 'a');
    const seen = [];
    for await (const { key, size, etag } of bucket.storage.listObjects(bucket.name, 'list/'))
      seen.push([key, size, typeof etag]);
    expect(seen).toEqual([
      ['list/a é+%25', 1, 'string'],
      ['list/b', 2, 'string'],
    ]);
  });

  test('an object replaced since it was listed is not read', async () => {
    await bucket.put('changing', 'one');
    for await (const object of bucket.storage.listObjects(bucket.name, 'changing')) {
      expect(await read(bucket.storage.openObject(object))).toBe('one');
      await bucket.put('changing', 'two');
      await expect(read(bucket.storage.openObject(object))).rejects.toEqual(
        codeOf('SOURCE_CHANGED', /changing/),
      );
    }
    expect(await read(bucket.storage.openObject({ bucket: bucket.name, key: 'changing' }))).toBe('two');
  });

  test('a missing key and a missing bucket are different things', async () => {
    await expect(read(bucket.storage.openObject({ bucket: bucket.name, key: 'nope' }))).rejects.toEqual(
      codeOf('SOURCE_NOT_FOUND', /nope/),
    );
    await expect(read(bucket.storage.openObject({ bucket: 'nope-nope', key: 'x' }))).rejects.toEqual(
      codeOf('BUCKET_NOT_FOUND', /nope-nope/),
    );
  });

  test('an abort ends the reading with its reason', async () => {
    await bucket.put('large', 'x'.repeat(5_000_000));
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const reading = async (): Promise<void> => {
      for await (const _chunk of bucket.storage.openObject(
        { bucket: bucket.name, key: 'large' },
        controller.signal,
      ))
        controller.abort(reason);
    };
    await expect(reading()).rejects.toBe(reason);
    await expect(
      read(bucket.storage.openObject({ bucket: bucket.name, key: 'large' }, controller.signal)),
    ).rejects.toBe(reason);
  });
});

describe('a server with a bad day', () => {
  const body = 'x'.repeat(100_000);
  let server: Server;
  let connection: Connection;
  const ranges: (string | undefined)[] = [];
  let answer: 'break off' | 'overloaded' = 'break off';

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (answer === 'overloaded') {
        response
          .writeHead(503, { 'content-type': 'application/xml' })
          .end('<Error><Code>SlowDown</Code><Message>slow down</Message></Error>');
        return;
      }
      ranges.push(request.headers.range);
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(from === 0 ? 200 : 206, { etag: '"v1"', 'content-length': body.length - from });
      // A third of the file per connection, then the line goes dead.
      response.write(body.slice(from, from + 40_000), () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    connection = {
      id: 'flaky',
      type: 'aws',
      login: 'k',
      password: 's',
      extra: { endpoint_url: `http://127.0.0.1:${port}` },
    };
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('a broken line is taken up where it broke', async () => {
    const storage = connectS3(connection);
    const seen = await read(storage.openObject({ bucket: 'b', key: 'k' }));
    expect(seen.length).toBe(body.length);
    expect(ranges[0]).toBeUndefined();
    expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true);
    storage.close();
  });

  test('an overloaded server is worth a retry', async () => {
    answer = 'overloaded';
    const storage = connectS3(connection);
    await expect(read(storage.openObject({ bucket: 'b', key: 'k' }))).rejects.toEqual(
      expect.objectContaining({ code: 'STORAGE_UNAVAILABLE', retryable: true }),
    );
    storage.close();
  });
});

describe('connections', () => {
  test.each<[string, Partial<Connection>, RegExp]>([
    ['a wrong type', { type: 'postgres' }, /type postgres/],
    ['a login alone', { password: undefined as unknown as string }, /no password/],
    ['an endpoint that is not text', { extra: { endpoint_url: 1 } }, /endpoint_url/],
  ])('%s is refused', (_name, changes, message) => {
    expect(() => connectS3({ ...services().s3, ...changes })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONNECTION', message: expect.stringMatching(message) }),
    );
  });
  test('an option overrides the region', async () => {
    const storage = connectS3(services().s3, { region: 'eu-central-1' });
    expect(await storage.client.config.region()).toBe('eu-central-1');
    storage.close();
  });
});

describe('S3 URLs', () => {
  test.each([
    ['s3://b/k/x', 'b', 'k/x'],
    ['s3://b', 'b', ''],
    ['s3://b/', 'b', ''],
    ['s3a://b/a b%20?', 'b', 'a b%20?'],
  ])('%s', (url, name, key) => expect(parseS3Url(url)).toEqual({ bucket: name, key }));
  test.each(['', 'b/k', 'http://b/k', 's3:///k', 's3://'])('%j is refused', (url) =>
    expect(() => parseS3Url(url)).toThrow(/s3:\/\/bucket\/prefix/),
  );
  test('are written as they are read', () => expect(formatS3Url(parseS3Url('s3://b/k'))).toBe('s3://b/k'));
});
