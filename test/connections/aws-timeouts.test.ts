/** A server that takes a request and never answers must not hold up a task for ever. */
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { resolveAwsConfig } from '../../connections/aws.js';
import { connectS3 } from '../../connections/s3.js';
import type { Connection } from '../../core/connection.js';

let silent: Server;
let asked = 0;
beforeAll(async () => {
  silent = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => (asked += 1));
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => silent.close(resolve)));

const connectionWith = (configKwargs: unknown): Connection => ({
  id: 'aws_silent',
  type: 'aws',
  login: 'key',
  password: 'secret',
  extra: {
    endpoint_url: `http://127.0.0.1:${String((silent.address() as AddressInfo).port)}`,
    config_kwargs: configKwargs,
  },
});

test('a request that nobody answers fails after read_timeout, and has been made again', async () => {
  const s3 = connectS3(connectionWith({ read_timeout: 0.2 }));
  const first = s3.listObjects('bucket', '')[Symbol.asyncIterator]().next();
  await expect(first).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' });
  expect(asked).toBeGreaterThan(1);
  s3.close();
});

test('without a word a server may be silent for a minute', () => {
  const { requestHandler } = resolveAwsConfig({ ...connectionWith(undefined), extra: {} }, 's3');
  expect(requestHandler).toEqual({ connectionTimeout: 5_000, socketTimeout: 60_000 });
});

test.each([0, -1, '60', 1e9])('refuses %p as a time-out', (value) => {
  expect(() => resolveAwsConfig(connectionWith({ read_timeout: value }), 's3')).toThrow(
    /"aws_silent": extra\.config_kwargs\.read_timeout must be a number of seconds/,
  );
});
