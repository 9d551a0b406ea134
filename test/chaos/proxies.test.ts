import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPortChooser } from '../../chaos/ports.js';
import { startS3Proxy, type S3Proxy } from '../../chaos/s3-proxy.js';
import { startTcpProxy, type TcpProxy } from '../../chaos/tcp-proxy.js';
import { until } from '../support/engine.js';

let server: Server;
let seen: string[];
let port: number;
let choosePort: () => Promise<number>;
beforeEach(async () => {
  seen = [];
  server = createServer((incoming, response) => {
    seen.push(`${incoming.headers.host ?? ''} ${incoming.url ?? ''}`);
    response.end(`answer to ${incoming.url ?? ''}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  choosePort = createPortChooser();
  port = await choosePort();
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});
const behind = (): number => (server.address() as AddressInfo).port;

/** Status and text, or the code of the error. */
function ask(path: string): Promise<readonly [number | undefined, string] | string> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false }, (answer: IncomingMessage) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve([answer.statusCode, text]));
    });
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end();
  });
}

describe('the proxy of connections', () => {
  let proxy: TcpProxy;
  beforeEach(async () => {
    proxy = await startTcpProxy(port, behind());
  });
  afterEach(() => proxy.stop());

  test('passes on what it is given', async () => {
    expect(await ask('/a')).toEqual([200, 'answer to /a']);
  });

  test('lets nothing through while it holds, and everything afterwards', async () => {
    proxy.hold();
    const answer = ask('/a');
    const isFirst = await Promise.race([
      answer.then(() => 'the answer'),
      once(server, 'connection').then(() => 'the connection'),
    ]);
    expect(isFirst).toBe('the connection');
    expect(seen).toEqual([]);
    proxy.release();
    expect(await answer).toEqual([200, 'answer to /a']);
  });

  test('breaks connections off', async () => {
    proxy.hold();
    const answer = ask('/a');
    await until(() => proxy.cut() > 0);
    expect(await answer).toBe('ECONNRESET');
  });
});

describe('the proxy of S3', () => {
  let proxy: S3Proxy;
  beforeEach(async () => {
    proxy = await startS3Proxy(port, behind());
  });
  afterEach(() => proxy.stop());

  test('passes requests on as they were signed', async () => {
    expect(await ask('/a')).toEqual([200, 'answer to /a']);
    expect(seen).toEqual([`127.0.0.1:${String(port)} /a`]);
  });

  test('refuses with 500 and 503, and asks nobody', async () => {
    proxy.setMood('refuse');
    const answers = [await ask('/a'), await ask('/b')].map(([status]) => status);
    expect(answers).toEqual([503, 500]);
    expect(seen).toEqual([]);
    expect(proxy.requests.refuse).toBe(2);
  });

  test('loses the answer to a request that was carried out', async () => {
    proxy.setMood('lose');
    expect(await ask('/a')).toBe('ECONNRESET');
    expect(seen).toHaveLength(1);
  });

  test('never answers', async () => {
    proxy.setMood('ignore');
    const answer = ask('/a');
    await until(() => proxy.requests.ignore === 1);
    proxy.setMood('pass');
    expect(await ask('/b')).toEqual([200, 'answer to /b']);
    await proxy.stop();
    expect(await answer).toBe('ECONNRESET');
    proxy = await startS3Proxy(port, behind());
  });
});
