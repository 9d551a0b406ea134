/** Encrypted payloads: nothing that a run is given or returns can be read in its history, but by who has the keys. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from '@temporalio/client';
import { readPayloadCipher } from '../../connections/payload-cipher.js';
import { startCodecServer, type CodecServer } from '../../workers/codec-server.js';
import { createPayloadCodec, toDataConverter } from '../../workers/payload-codec.js';
import { createWorkerProject, type WorkerProject } from '../support/worker-project.js';

const API = new URL('../../dist/index.js', import.meta.url).pathname;
const TASK_QUEUE = `encrypted-${String(process.pid)}`;
const UI = 'http://127.0.0.1:8233';
const [newKey = '', oldKey = ''] = [1, 2].map(() => randomBytes(32).toString('base64'));
const cipherOf = (...keys: readonly string[]): NonNullable<ReturnType<typeof readPayloadCipher>> => {
  const cipher = readPayloadCipher({ AIRTEMPO_PAYLOAD_KEYS: keys.join(',') });
  if (cipher === undefined) throw new Error('there are keys');
  return cipher;
};
const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

describe('the codec', () => {
  const payload = { metadata: { encoding: bytes('json/plain') }, data: bytes('"Marlene"') };

  test('hides data and metadata, and gives them back', async () => {
    const codec = createPayloadCodec(cipherOf(newKey));
    const encoded = await codec.encode([payload, payload]);
    const [one, other] = encoded.map(({ data }) => Buffer.from(data ?? []));
    expect(one).not.toEqual(other); // a nonce of its own
    expect(`${String(one)}${String(other)}`).not.toContain('Marlene');
    expect(await codec.decode(encoded)).toMatchObject([payload, payload]);
  });

  test('reads what a former key has encrypted, and says which key it lacks', async () => {
    const old = await createPayloadCodec(cipherOf(oldKey)).encode([payload]);
    expect(await createPayloadCodec(cipherOf(newKey, oldKey)).decode(old)).toMatchObject([payload]);
    const missing = createPayloadCodec(cipherOf(newKey)).decode(old);
    await expect(missing).rejects.toThrow(
      /encrypted with the key \w{16}, which is not in AIRTEMPO_PAYLOAD_KEYS/,
    );
  });

  test('leaves what came in plain, and refuses what was changed', async () => {
    const codec = createPayloadCodec(cipherOf(newKey));
    expect(await codec.decode([payload])).toEqual([payload]);
    const [encoded] = await codec.encode([payload]);
    const data = Buffer.from(encoded?.data ?? []);
    data[data.length - 1] = (data.at(-1) ?? 0) ^ 1;
    await expect(codec.decode([{ ...encoded, data }])).rejects.toThrow(/changed or cut off/);
    await expect(codec.decode([{ ...encoded, data: data.subarray(0, 5) }])).rejects.toThrow(
      /changed or cut off/,
    );
  });

  test('is off without keys, and names the variable that holds no key', () => {
    expect(readPayloadCipher({ AIRTEMPO_PAYLOAD_KEYS: ' ' })).toBeUndefined();
    expect(() => cipherOf('c2hvcnQ=')).toThrow(/Key 1 in AIRTEMPO_PAYLOAD_KEYS is not 32 bytes in base64/);
  });
});

describe('the codec server', () => {
  let server: CodecServer;
  beforeAll(async () => {
    const codec = createPayloadCodec(cipherOf(newKey));
    server = await startCodecServer(codec, { host: '127.0.0.1', port: 0, origins: [UI] });
  });
  afterAll(() => server.close());
  const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const body = JSON.stringify({
    payloads: [{ metadata: { encoding: btoa('json/plain') }, data: btoa('"Marlene"') }],
  });

  test('encrypts and decrypts for the Web UI', async () => {
    const encoded = await (await post('/encode', body, { origin: UI })).text();
    expect(encoded).not.toContain(btoa('"Marlene"'));
    const decoded = await post('/decode', encoded, { origin: UI });
    expect(decoded.headers.get('access-control-allow-origin')).toBe(UI);
    expect(await decoded.json()).toEqual(JSON.parse(body));
    const preflight = await fetch(`${server.url}/decode`, { method: 'OPTIONS', headers: { origin: UI } });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      'content-type, x-namespace, authorization',
    ]);
  });

  test.each([
    ['another origin', 403, '/decode', body, { origin: 'https://evil.example' }],
    ['what a form could send', 415, '/decode', body, { 'content-type': 'text/plain' }],
    ['another path', 404, '/', body, {}],
    ['what is no JSON', 400, '/decode', '{', {}],
    ['what is no list of payloads', 400, '/decode', '{"payloads":[{"data":"?"}]}', {}],
  ])('refuses %s', async (_, status, path, text, headers) => {
    expect((await post(path, text, headers)).status).toBe(status);
  });
});

describe('a run', () => {
  const DAG_FILE = `
import { dag } from ${JSON.stringify(API)};
export default dag('private', { description: 'told' }, ({ task }) => {
  const read = task('read', ({ ctx }) => ({ name: ctx.conf.name + ' Dietrich' }));
  task('use', ({ args, ctx }) => { ctx.heartbeat(args.read.name); return args.read.name.length; }, { read });
});
`;
  let workers: WorkerProject;
  beforeAll(async () => {
    const env = { AIRTEMPO_PAYLOAD_KEYS: `${newKey},${oldKey}` };
    workers = await createWorkerProject(TASK_QUEUE, DAG_FILE, env);
    await workers.startWorker();
  });
  afterAll(() => workers.remove());

  test.each([
    ['by a client with the keys', toDataConverter(cipherOf(newKey)), false],
    ['by one without', {}, true],
  ])('that is started %s leaves nothing to read but what came in plain', async (_, converter, isPlain) => {
    const { workflow } = new Client({ connection: workers.connection, ...converter });
    const handle = await workflow.start('private', {
      taskQueue: TASK_QUEUE,
      workflowId: `private-${String(isPlain)}-${String(process.pid)}`,
      args: [{ conf: { name: 'Marlene' } }],
    });
    const withKeys = new Client({ connection: workers.connection, ...toDataConverter(cipherOf(newKey)) });
    await withKeys.workflow.getHandle(handle.workflowId).result();
    const report = await withKeys.workflow.getHandle(handle.workflowId).query<{ state: string }, []>('state');
    expect(report.state).toBe('success');
    const history = readable(await handle.fetchHistory());
    expect(history.includes('Marlene')).toBe(isPlain);
    expect(history).not.toContain('Dietrich');
    expect(history).toContain('binary/encrypted');
  });
});

/** The history as text, with its payloads as they were before base64. */
function readable(history: object): string {
  return JSON.stringify(history, (key, value: unknown) =>
    (key === 'data' || key === 'encoding') && typeof value === 'string'
      ? Buffer.from(value, 'base64').toString('utf8')
      : value,
  );
}
