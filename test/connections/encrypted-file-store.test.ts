/** The encrypted store on real files: permissions, keys, tampering, crashes, two writers. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  createEncryptedFileStore,
  parseConnection,
  type EncryptedFileStore,
} from '../../connections/index.js';

let directory: string;
let path: string;
let keyPath: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'airtempo-store-'));
  path = join(directory, 'home', 'connections.json');
  keyPath = join(directory, 'home', 'encryption.key');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

const open = (encryptionKey?: string, lockTimeoutMs = 10_000): EncryptedFileStore =>
  createEncryptedFileStore({ path, keyPath, encryptionKey, lockTimeoutMs });
const newKey = (): string => randomBytes(32).toString('base64');
const modeOf = async (file: string): Promise<string> => ((await stat(file)).mode & 0o777).toString(8);

const redshift = parseConnection(
  'redshift',
  JSON.stringify({
    conn_type: 'redshift',
    description: 'the warehouse',
    host: 'h.example.com',
    schema: 'dev',
    login: 'awsuser',
    password: 'Pa55-wörd-☃',
    port: 5439,
    extra: { sslmode: 'verify-full', nested: { list: [1, null, 'x'] } },
  }),
);
const aws = parseConnection('aws_credentials', 'aws://AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI@');

const startWriter = (prefix: string, count: number): ChildProcess => {
  const script = new URL('./support/writer.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', script, path, keyPath, prefix, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  children.push(child);
  return child;
};

describe('storing', () => {
  test('gives back exactly what was stored', async () => {
    const store = open();
    expect(await store.put([redshift, aws])).toEqual({
      written: ['redshift', 'aws_credentials'],
      skipped: [],
    });
    expect(await open().get('redshift')).toEqual(redshift);
    expect((await open().list()).map(({ id }) => id)).toEqual(['aws_credentials', 'redshift']);
    expect(await open().get('other')).toBeUndefined();
  });

  test('an empty home has no connections, and reading creates nothing', async () => {
    expect(await open().list()).toEqual([]);
    expect(await open().get('redshift')).toBeUndefined();
    expect(await readdir(directory)).toEqual([]);
  });

  test('skips what exists unless told to overwrite', async () => {
    const store = open();
    await store.put([redshift]);
    const changed = { ...redshift, host: 'other' };
    expect(await store.put([changed, aws])).toEqual({ written: ['aws_credentials'], skipped: ['redshift'] });
    expect((await store.get('redshift'))?.host).toBe('h.example.com');
    await store.put([changed], { overwrite: true });
    expect((await store.get('redshift'))?.host).toBe('other');
  });

  test('deletes, and says when there was nothing to delete', async () => {
    const store = open();
    await store.put([redshift, aws]);
    expect(await store.delete('redshift')).toBe(true);
    expect(await store.delete('redshift')).toBe(false);
    expect((await store.list()).map(({ id }) => id)).toEqual(['aws_credentials']);
  });

  test('no field of a connection is readable in the file, nor is its text in two writes alike', async () => {
    const store = open();
    await store.put([redshift]);
    const first = await readFile(path, 'utf8');
    for (const secret of ['Pa55', 'awsuser', 'h.example.com', 'verify-full', 'warehouse'])
      expect(first).not.toContain(secret);
    await store.put([redshift], { overwrite: true });
    const nonceOf = (text: string): string =>
      (JSON.parse(text) as { connections: { nonce: string }[] }).connections[0]!.nonce;
    expect(nonceOf(await readFile(path, 'utf8'))).not.toBe(nonceOf(first));
  });

  test('files are for the owner only, and no temporary file or lock is left', async () => {
    await open().put([redshift]);
    expect([await modeOf(path), await modeOf(keyPath), await modeOf(join(directory, 'home'))]).toEqual([
      '600',
      '600',
      '700',
    ]);
    expect((await readdir(join(directory, 'home'))).sort()).toEqual(['connections.json', 'encryption.key']);
  });

  test('a file with looser rights is made private by the next write', async () => {
    await open().put([redshift]);
    await chmod(path, 0o644);
    await open().put([aws]);
    expect(await modeOf(path)).toBe('600');
  });

  test('a linked store file stays linked', async () => {
    await open().put([redshift]);
    const link = join(directory, 'link.json');
    await symlink(path, link);
    await createEncryptedFileStore({ path: link, keyPath }).put([aws]);
    expect(await open().get('aws_credentials')).toEqual(aws);
  });
});

describe('keys', () => {
  test.each([0o644, 0o640, 0o604, 0o660])('a key file of mode %o is refused with the fix', async (mode) => {
    await open().put([redshift]);
    await chmod(keyPath, mode);
    await expect(open().get('redshift')).rejects.toMatchObject({
      code: 'CONNECTION_STORE_LOCKED',
      message: expect.stringContaining(`chmod 600 ${keyPath}`),
    });
  });

  test('the variable’s key is used without a key file', async () => {
    const key = newKey();
    await open(key).put([redshift]);
    expect(await readdir(join(directory, 'home'))).toEqual(['connections.json']);
    expect(await open(key).get('redshift')).toEqual(redshift);
  });

  test('a URL-safe key, as Fernet makes them, will do', async () => {
    const key = newKey();
    await open(key).put([redshift]);
    expect(await open(key.replaceAll('+', '-').replaceAll('/', '_')).get('redshift')).toEqual(redshift);
  });

  test.each([
    'short',
    Buffer.alloc(16).toString('base64'),
    Buffer.alloc(33).toString('base64'),
    'ü'.repeat(44),
    ',',
  ])('the malformed key %j is refused without repeating it', async (key) => {
    const error: unknown = await open(key)
      .put([redshift])
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CONNECTION_STORE_LOCKED' });
    if (key.length > 1) expect((error as Error).message).not.toContain(key);
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a wrong key locks, neither reads nor writes, and names no key', async () => {
    await open(newKey()).put([redshift]);
    const before = await readFile(path);
    const wrong = newKey();
    for (const action of [open(wrong).get('redshift'), open(wrong).put([aws]), open(wrong).rotateKeys()]) {
      const error: unknown = await action.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'CONNECTION_STORE_LOCKED' });
      expect((error as Error).message).not.toContain(wrong);
    }
    const [entry] = await open(wrong).list();
    expect(entry).toMatchObject({ id: 'redshift', problem: { code: 'CONNECTION_STORE_LOCKED' } });
    expect(await readFile(path)).toEqual(before);
  });

  test('a lost key file is not replaced by a new one', async () => {
    await open().put([redshift]);
    await rm(keyPath);
    await expect(open().put([aws])).rejects.toMatchObject({ code: 'CONNECTION_STORE_LOCKED' });
    await expect(stat(keyPath)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await open().delete('redshift')).toBe(true);
  });

  test('the first key of the variable encrypts, all decrypt', async () => {
    const [oldKey, key] = [newKey(), newKey()];
    await open(oldKey).put([redshift]);
    const both = `${key}, ${oldKey}`;
    await open(both).put([aws]);
    expect(await open(both).get('redshift')).toEqual(redshift);
    expect(await open(oldKey).get('redshift')).toEqual(redshift);
    await expect(open(oldKey).get('aws_credentials')).rejects.toMatchObject({
      code: 'CONNECTION_STORE_LOCKED',
    });
    expect(await open(both).rotateKeys()).toMatchObject({ connections: 2, keySource: 'variable' });
    expect(await open(key).get('redshift')).toEqual(redshift);
    await expect(open(oldKey).get('redshift')).rejects.toMatchObject({ code: 'CONNECTION_STORE_LOCKED' });
  });

  test('a key file is rotated to a new key that replaces it', async () => {
    await open().put([redshift, aws]);
    const oldKey = (await readFile(keyPath, 'utf8')).trim();
    expect(await open().rotateKeys()).toMatchObject({ connections: 2, keySource: 'file' });
    expect(await readFile(keyPath, 'utf8')).not.toContain(oldKey);
    expect(await modeOf(keyPath)).toBe('600');
    expect(await open().get('redshift')).toEqual(redshift);
    await expect(open(oldKey).get('redshift')).rejects.toMatchObject({ code: 'CONNECTION_STORE_LOCKED' });
  });

  test('readers never notice a rotation', async () => {
    await open().put([redshift]);
    let rotating = true;
    const rotations = (async () => {
      for (let turn = 0; turn < 20; turn += 1) await open().rotateKeys();
      rotating = false;
    })();
    while (rotating) expect(await open().get('redshift')).toEqual(redshift);
    await rotations;
  });
});

describe('damage', () => {
  const expectCorrupt = async (text: string | Buffer): Promise<void> => {
    await writeFile(path, text);
    for (const action of [() => open().get('redshift'), () => open().put([aws]), () => open().rotateKeys()]) {
      await expect(action()).rejects.toMatchObject({ code: 'CONNECTION_STORE_CORRUPT' });
    }
    expect(await readFile(path)).toEqual(Buffer.from(text));
  };

  test.each([0, 1, 40, 0.5, -2])('a file cut off at %s is refused and left alone', async (length) => {
    await open().put([redshift]);
    const text = await readFile(path, 'utf8');
    await expectCorrupt(text.slice(0, Number.isInteger(length) ? length : text.length * length));
  });

  test.each(['[]', 'null', '{}', '{"format":"airtempo connections","version":2,"connections":[]}'])(
    'a file that holds %s is refused and left alone',
    async (text) => {
      await open().put([redshift]);
      await expectCorrupt(text);
    },
  );

  test('no change of any character goes unnoticed', async () => {
    await open().put([redshift]);
    const text = await readFile(path, 'utf8');
    const from = text.indexOf('"connections"');
    for (let position = from; position < text.length; position += 3) {
      const original = text[position]!;
      if (/\s/.test(original)) continue;
      await writeFile(
        path,
        text.slice(0, position) + (original === 'A' ? 'B' : 'A') + text.slice(position + 1),
      );
      const result: unknown = await open()
        .get('redshift')
        .catch((error: unknown) => error);
      // a changed id is another connection, which is not there
      if (result !== undefined)
        expect(result).toMatchObject({ code: expect.stringMatching(/CORRUPT|LOCKED/) });
    }
  });

  test('a record under another connection’s id is refused, the others stay readable', async () => {
    await open().put([redshift, aws]);
    const file = JSON.parse(await readFile(path, 'utf8')) as { connections: { id: string }[] };
    file.connections.find(({ id }) => id === 'redshift')!.id = 'postgres';
    await writeFile(path, JSON.stringify(file));
    await expect(open().get('postgres')).rejects.toMatchObject({ code: 'CONNECTION_STORE_CORRUPT' });
    expect(await open().get('aws_credentials')).toEqual(aws);
    expect(await open().list()).toMatchObject([
      { id: 'aws_credentials', connection: aws },
      { id: 'postgres', problem: { code: 'CONNECTION_STORE_CORRUPT' } },
    ]);
  });
});

describe('several processes', () => {
  test('two that create the store at once lose no connection', async () => {
    const writers = [startWriter('a', 25), startWriter('b', 25)];
    const codes = await Promise.all(
      writers.map(async (writer) => (await once(writer, 'exit'))[0] as unknown),
    );
    expect(codes).toEqual([0, 0]);
    const entries = await open().list();
    expect(entries).toHaveLength(50);
    expect(entries.every((entry) => 'connection' in entry)).toBe(true);
  });

  test('a writer killed at any moment leaves the old content or the new, and no lock in the way', async () => {
    for (const writes of [1, 2, 3, 5, 8]) {
      const writer = startWriter('loop', 0);
      const lines = createInterface({ input: writer.stdout! });
      let seen = 0;
      let last = -1;
      for await (const line of lines) {
        last = Number(line);
        seen += 1;
        // at its next write now: each round stops at another point of it
        if (seen === writes) setTimeout(() => writer.kill('SIGKILL'), writes);
      }
      const connection = await open().get('loop');
      expect([last, last + 1]).toContain(connection?.extra['turn']);
      await open().put([redshift], { overwrite: true });
      expect((await readdir(join(directory, 'home'))).sort()).toEqual(['connections.json', 'encryption.key']);
    }
  });

  test('a lock of a living process is respected, and the message names it', async () => {
    await open().put([redshift]);
    const lock = `${path}.lock`;
    await writeFile(
      lock,
      JSON.stringify({ pid: process.ppid, host: hostname(), startedAtMs: 0, token: 'x' }),
    );
    await expect(open(undefined, 100).put([aws])).rejects.toMatchObject({
      code: 'CONNECTION_STORE_UNAVAILABLE',
      message: expect.stringContaining(`process ${process.ppid}`),
    });
    expect(await open().get('redshift')).toEqual(redshift);
    expect(await readFile(lock, 'utf8')).toContain('"token":"x"');
  });

  test('a lock of a dead process is taken over by one of many', async () => {
    await open().put([redshift]);
    const dead = spawn(process.execPath, ['-e', '']);
    await once(dead, 'exit');
    await writeFile(
      `${path}.lock`,
      JSON.stringify({ pid: dead.pid, host: hostname(), startedAtMs: 0, token: 'x' }),
    );
    const puts = Array.from({ length: 8 }, (_, turn) => open().put([parseConnection(`c${turn}`, 's3://')]));
    await Promise.all(puts);
    expect(await open().list()).toHaveLength(9);
  });

  test('a lock of an earlier process with our own id is taken over', async () => {
    await open().put([redshift]);
    await writeFile(
      `${path}.lock`,
      JSON.stringify({ pid: process.pid, host: hostname(), startedAtMs: 1, token: 'x' }),
    );
    expect(await open(undefined, 1_000).put([aws])).toMatchObject({ written: ['aws_credentials'] });
  });
});

test('a store that cannot be written says so and keeps what it has', async () => {
  await open().put([redshift]);
  const blocked = createEncryptedFileStore({ path: join(path, 'connections.json'), keyPath });
  await expect(blocked.put([aws])).rejects.toMatchObject({ code: expect.stringMatching(/UNAVAILABLE/) });
  expect(await open().get('redshift')).toEqual(redshift);
});
