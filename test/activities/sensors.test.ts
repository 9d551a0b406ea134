/** One poke of each shipped sensor, on the real services. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { waitForFile, type WaitForFileArgs } from '../../activities/sensors/file.js';
import { waitForHttp, type WaitForHttpArgs } from '../../activities/sensors/http.js';
import { waitForS3Key, type WaitForS3KeyArgs } from '../../activities/sensors/s3-key.js';
import { waitForSql, type WaitForSqlArgs } from '../../activities/sensors/sql.js';
import { waitFor, waitUntil } from '../../activities/sensors/time.js';
import { matchesWildcard } from '../../activities/sensors/wildcard.js';
import type { Connection } from '../../core/connection.js';
import { isNotYet } from '../../core/sensor.js';
import {
  createTestBucket,
  createTestDatabase,
  services,
  type TestBucket,
  type TestDatabase,
} from '../support/services.js';
import { createTaskContext } from '../support/task-context.js';

/** What a poke answers: its output, or why not yet. */
async function answer(poke: Promise<unknown>): Promise<unknown> {
  const result = await poke;
  return isNotYet(result) ? `not yet: ${result.reason}` : result;
}

describe('wildcards', () => {
  test.each([
    ['*', '', true],
    ['a*c', 'abc', true],
    ['a*c', 'abcd', false],
    ['log/*/*.json', 'log/2018/11/a.json', true],
    ['log-?.json', 'log-1.json', true],
    ['log-?.json', 'log-12.json', false],
    ['a.b', 'axb', false],
  ])('%s and %s: %s', (pattern, text, fits) => {
    expect(matchesWildcard(pattern, text)).toBe(fits);
  });

  test('fit as the regular expression does', () => {
    const letters = (extra: string) =>
      fc.array(fc.constantFrom('a', 'b', ...extra), { maxLength: 8 }).map((some) => some.join(''));
    fc.assert(
      fc.property(letters('*?'), letters(''), (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('?', '.').replaceAll('*', '.*')}$`);
        expect(matchesWildcard(pattern, text)).toBe(expression.test(text));
      }),
    );
  });

  test('take no time on a text made to take long', () => {
    expect(matchesWildcard('*a'.repeat(200) + 'b', 'a'.repeat(1000))).toBe(false);
  });
});

describe('s3_key_sensor', () => {
  let bucket: TestBucket;
  beforeAll(async () => {
    bucket = await createTestBucket();
    await bucket.put('log/2018/11/01.json', '12345');
    await bucket.put('log/2018/11/02.json', '1234567890');
    await bucket.put('log/2018/11/_SUCCESS', '');
    await bucket.put('log/2018/11/_SUCCESS.bak', 'x');
  });
  afterAll(() => bucket.drop());

  const look = (key: string, more: Partial<WaitForS3KeyArgs> = {}): Promise<unknown> =>
    answer(
      waitForS3Key({
        args: { connId: services().s3.id, key: `s3://${bucket.name}/${key}`, ...more },
        ctx: createTaskContext([services().s3]),
      }),
    );

  test('finds one key, and not a longer one', async () => {
    expect(await look('log/2018/11/_SUCCESS')).toEqual({
      bucket: bucket.name,
      keys: ['log/2018/11/_SUCCESS'],
      count: 1,
      bytes: 0,
    });
    expect(await look('log/2018/11/_SUC')).toBe(`not yet: nothing fits s3://${bucket.name}/log/2018/11/_SUC`);
  });

  test('finds keys by wildcards, also across folders', async () => {
    expect(await look('l*g/*.json')).toMatchObject({
      keys: ['log/2018/11/01.json', 'log/2018/11/02.json'],
      count: 2,
      bytes: 15,
    });
    expect(await look('log/2018/11/0?.json', { count: 2 })).toMatchObject({ count: 2 });
  });

  test('waits for enough of them, large enough', async () => {
    expect(await look('log/*.json', { count: 3 })).toMatch(/^not yet: 2 of 3 objects fit/);
    expect(await look('log/*.json', { count: 2, minSize: 6 })).toMatch(
      /^not yet: 1 of 2 objects .*; 1 smaller than 6 bytes$/,
    );
  });

  test('fails for a bucket that does not exist', async () => {
    const args = { connId: services().s3.id, key: 's3://no-such-bucket-here/x' };
    await expect(waitForS3Key({ args, ctx: createTaskContext([services().s3]) })).rejects.toMatchObject({
      code: 'BUCKET_NOT_FOUND',
    });
  });

  test.each(['s3://bucket', 's3://bucket/', 's3://b*/x', 'bucket/x'])('refuses the key %s', (key) => {
    expect(() => waitForS3Key.args?.parse({ key })).toThrow('write it as s3://bucket/key');
  });
});

describe('sql_sensor', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase('sql_sensor');
    await db.session.query('CREATE TABLE plays (day DATE, count BIGINT, done BOOLEAN)');
    await db.session.query("INSERT INTO plays VALUES ('2018-11-01', 12, true), ('2018-11-02', 0, false)");
  });
  afterAll(() => db.drop());

  const look = (sql: string, more: Partial<WaitForSqlArgs> = {}): Promise<unknown> =>
    answer(
      waitForSql({
        args: { connId: db.connection.id, sql, ...more },
        ctx: createTaskContext([db.connection]),
      }),
    );

  test.each<[string, unknown]>([
    ['SELECT count FROM plays WHERE count > 0', { value: '12' }],
    ['SELECT done FROM plays WHERE done', { value: 'true' }],
    ['SELECT count FROM plays WHERE count = 0', 'not yet: the first cell is 0'],
    ['SELECT done FROM plays WHERE NOT done', 'not yet: the first cell is false'],
    ["SELECT ''", 'not yet: the first cell is '],
    ['SELECT NULL', 'not yet: the first cell is null'],
    ['SELECT 1 FROM plays WHERE count = 99', 'not yet: the query gives no row'],
  ])('%s', async (sql, expected) => {
    expect(await look(sql)).toEqual(expected);
  });

  test('takes parameters, and an expectation', async () => {
    const sql = 'SELECT count FROM plays WHERE day = CAST(:day AS DATE)';
    const parameters = { day: '2018-11-01' };
    expect(await look(sql, { parameters, expect: 12 })).toEqual({ value: '12' });
    expect(await look(sql, { parameters, expect: { atLeast: 10 } })).toEqual({ value: '12' });
    expect(await look(sql, { parameters, expect: { atLeast: 13 } })).toBe(
      'not yet: the first cell is 12, not yet 13',
    );
    expect(await look(sql, { parameters, expect: 'x' })).toBe('not yet: the first cell is 12, not x');
  });

  test('fails for wrong SQL and for parameters that are not used', async () => {
    await expect(look('SELECT nothing FROM nowhere')).rejects.toMatchObject({ code: 'SQL_FAILED' });
    await expect(look('SELECT 1', { parameters: { day: 1 } })).rejects.toMatchObject({
      code: 'INVALID_SQL_FILE',
    });
  });
});

describe('file_sensor', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'airtempo-file-sensor-'));
    await mkdir(path.join(folder, 'in/2018/11'), { recursive: true });
    await writeFile(path.join(folder, 'in/a.csv'), '1');
    await writeFile(path.join(folder, 'in/2018/b.csv'), '12');
    await writeFile(path.join(folder, 'in/2018/11/c.csv'), '123');
    await mkdir(path.join(folder, 'in/d.csv'));
    await symlink(folder, path.join(folder, 'in/2018/circle'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const look = async (file: string, more: Partial<WaitForFileArgs> = {}): Promise<unknown> => {
    const found = await answer(
      waitForFile({ args: { path: path.join(folder, file), ...more }, ctx: createTaskContext([]) }),
    );
    return typeof found === 'string'
      ? found
      : (found as { paths: string[] }).paths.map((each) => path.relative(folder, each));
  };

  test.each<[string, unknown]>([
    ['in/a.csv', ['in/a.csv']],
    ['in/*.csv', ['in/a.csv']],
    ['in/????/*.csv', ['in/2018/b.csv']],
    ['in/**/*.csv', ['in/2018/11/c.csv', 'in/2018/b.csv', 'in/a.csv']],
    ['**/c.csv', ['in/2018/11/c.csv']],
  ])('%s', async (file, expected) => {
    expect(await look(file)).toEqual(expected);
  });

  test('waits for what is not there, too few, or too small', async () => {
    expect(await look('out/x.csv')).toMatch(/^not yet: no file fits .*out\/x\.csv$/);
    expect(await look('in/a.csv/x')).toMatch(/^not yet/);
    expect(await look('in/**/*.csv', { count: 4 })).toMatch(/^not yet: 3 of 4 files fit/);
    expect(await look('in/**/*.csv', { minSize: 3 })).toEqual(['in/2018/11/c.csv']);
  });

  test('refuses a relative path', () => {
    expect(() => waitForFile.args?.parse({ path: 'in/a.csv' })).toThrow('write an absolute path');
  });
});

describe('sensors of time', () => {
  const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
  const until = (text: string) =>
    waitUntil({ args: { at: text }, ctx: createTaskContext([]) }) as Promise<unknown>;

  test('an instant that is past ends the wait, and one ahead says when to look again', async () => {
    expect(await until(at(-1))).toBeUndefined();
    expect(await until('2018-11-01')).toBeUndefined();
    const ahead = (await until(at(3_600_000))) as { againInMs: number };
    expect(ahead.againInMs).toBeGreaterThan(3_500_000);
    expect(ahead.againInMs).toBeLessThanOrEqual(3_600_000);
  });

  test('an instant years ahead is looked at once a year', async () => {
    expect(await until('2999-01-01')).toMatchObject({ againInMs: 365 * 24 * 3_600_000 });
  });

  test('a delta counts from the end of the data interval', async () => {
    const dataInterval = { start: new Date(0), end: new Date(Date.now() + 60_000) };
    const ctx = createTaskContext([], { dataInterval });
    expect(await answer(waitFor({ args: { delta: '1h' }, ctx }))).toBe(
      `not yet: it is not ${new Date(dataInterval.end.getTime() + 3_600_000).toISOString()} yet`,
    );
    expect(await answer(waitFor({ args: { delta: '1h' }, ctx: createTaskContext([]) }))).toBeUndefined();
  });

  test('what is no time is refused', async () => {
    await expect(until('tomorrow')).rejects.toThrow('is not a date');
    const soon = waitFor({ args: { delta: 'soon' as '1s' }, ctx: createTaskContext([]) });
    await expect(soon).rejects.toThrow('argument delta is "soon", which is not a duration');
  });
});

describe('http_sensor', () => {
  let server: Server;
  let other: Server;
  let origin: string;
  let seen: { url: string; method: string; headers: IncomingHttpHeaders }[] = [];
  let reply: { status: number; body?: string; location?: string } = { status: 200 };

  const listen = (each: Server): Promise<string> =>
    new Promise((resolve) => {
      each.listen(0, '127.0.0.1', () =>
        resolve(`http://127.0.0.1:${String((each.address() as AddressInfo).port)}`),
      );
    });

  beforeAll(async () => {
    server = createServer((request, response) => {
      const { url = '', method = '', headers } = request;
      seen.push({ url, method, headers });
      const { status, body = '', location } = url === '/there' ? { status: 200 } : reply;
      response.writeHead(status, location === undefined ? {} : { location }).end(body);
    });
    other = createServer((_, response) => response.end());
    origin = await listen(server);
  });
  afterAll(() => {
    server.close();
    other.close();
  });
  beforeEach(() => {
    seen = [];
    reply = { status: 200 };
  });

  const look = (more: Partial<WaitForHttpArgs> = {}): Promise<unknown> => {
    const api: Connection = {
      id: 'api',
      type: 'http',
      host: origin,
      password: 'tok3n-of-the-api',
      extra: {},
    };
    const args =
      more.connId === undefined ? { url: `${origin}/state`, ...more } : { path: '/state', ...more };
    return answer(waitForHttp({ args, ctx: createTaskContext([api, { ...api, id: 'basic', login: 'u' }]) }));
  };

  test('ends the wait by status', async () => {
    expect(await look()).toEqual({ status: 200 });
    reply = { status: 503 };
    expect(await look()).toBe(`not yet: ${origin}/state answered 503`);
    expect(await look({ status: [503] })).toEqual({ status: 503 });
    reply = { status: 403 };
    await expect(look()).rejects.toThrow(/answered 403, which neither ends the wait nor says to come again/);
    expect(await look({ notYetStatus: [403] })).toMatch(/^not yet/);
  });

  test('ends the wait by fields of the answer', async () => {
    reply = { status: 200, body: '{"job":{"state":"running","rows":[1]}}' };
    expect(await look({ json: { 'job.state': 'done' } })).toBe(
      `not yet: ${origin}/state: job.state is "running", not "done"`,
    );
    expect(await look({ json: { 'job.name': 'x' } })).toMatch(/job.name is missing, not "x"$/);
    expect(await look({ json: { 'job.state': 'running', 'job.rows.0': 1 } })).toEqual({ status: 200 });
    reply = { status: 200, body: '<html>' };
    await expect(look({ json: { a: 1 } })).rejects.toThrow('with a body that is not JSON');
  });

  test('sends what it is told to, and the password of a connection', async () => {
    await look({ method: 'HEAD', headers: { 'x-team': 'night' }, connId: 'api' });
    await look({ connId: 'basic' });
    expect(seen[0]).toMatchObject({
      method: 'HEAD',
      headers: { 'x-team': 'night', authorization: 'Bearer tok3n-of-the-api' },
    });
    expect(seen[1]?.headers.authorization).toBe(
      `Basic ${Buffer.from('u:tok3n-of-the-api').toString('base64')}`,
    );
  });

  test('follows redirects on its host, and none to another', async () => {
    reply = { status: 302, location: '/there' };
    expect(await look({ connId: 'api' })).toEqual({ status: 200 });
    expect(seen.map(({ url }) => url)).toEqual(['/state', '/there']);
    reply = { status: 302, location: `${await listen(other)}/x` };
    await expect(look({ connId: 'api' })).rejects.toMatchObject({ code: 'FAILED_WITHOUT_RETRY' });
    reply = { status: 302, location: '/state' };
    await expect(look()).rejects.toThrow('leads in a circle');
  });

  test('a service that does not answer fails the try, which is retried', async () => {
    await expect(look({ url: 'http://127.0.0.1:9/' })).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' });
  });

  test.each(['ftp://x/', 'x', 'http://user:secret@host/'])('refuses the URL %s', (url) => {
    expect(() => waitForHttp.args?.parse({ url })).toThrow();
  });

  test.each([{}, { url: 'http://x/', connId: 'api' }, { url: 'http://x/', path: '/y' }])(
    'refuses %j',
    (args) => {
      expect(() => waitForHttp.args?.parse(args)).toThrow(/give either url or connId|path belongs to connId/);
    },
  );
});
