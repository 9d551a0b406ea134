import { gzipSync } from 'node:zlib';

import { beforeEach, describe, expect, test } from '@jest/globals';

import { createS3Source } from '../../../connections/copy/s3-source.js';
import { connectS3 } from '../../../connections/s3.js';
import { services } from '../../support/services.js';
import { createLoadScene } from './support.js';

const scene = createLoadScene('copy_from_s3');
const { load, put, query, url } = scene;

const codeOf = (code: string, message = /./): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

beforeEach(async () => {
  await query('DROP TABLE IF EXISTS t, load_errors');
  await query(
    `CREATE TABLE t (id INTEGER, name VARCHAR(8), "firstName" TEXT, price NUMERIC(6,2), at TIMESTAMP)`,
  );
});

describe('what is loaded', () => {
  test('every key that begins with the prefix, no others, in key order', async () => {
    const prefix = await put({
      'log/b.json': '{"id":2}',
      'log/a.json': '{"id":1}',
      'log_old/c.json': '{"id":3}',
      'other/d.json': '{"id":4}',
    });
    const result = await load({ prefix: `${prefix}log` });
    expect(result).toEqual({ rows: 3, files: 3, bytes: 24, rejected: 0, skippedFiles: [] });
    expect(await query('SELECT id FROM t')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    await expect(load({ prefix: `${prefix}log/` })).resolves.toMatchObject({ rows: 2 });
  });

  test('more keys than one page of a listing', async () => {
    const files = Object.fromEntries(Array.from({ length: 1005 }, (_, id) => [`${id}.json`, `{"id":${id}}`]));
    await expect(load({ prefix: await put(files) })).resolves.toMatchObject({ rows: 1005, files: 1005 });
  }, 120_000);

  test('an empty object counts as no file', async () => {
    await expect(load({ prefix: await put({ 'a.json': '{"id":1}', empty: '' }) })).resolves.toMatchObject({
      rows: 1,
      files: 1,
    });
  });

  test('a prefix without objects, a missing bucket and wrong credentials say so', async () => {
    await expect(load({ prefix: 'nothing/here' })).rejects.toEqual(
      codeOf('SOURCE_NOT_FOUND', /nothing\/here/),
    );
    const { s3 } = services();
    const sourceOf = (connection: typeof s3, bucket: string) =>
      createS3Source(connectS3(connection), { from: `s3://${bucket}/x`, manifest: false });
    const { name } = scene.bucket();
    await expect(load({ source: sourceOf(s3, 'no-such-bucket') })).rejects.toEqual(
      codeOf('BUCKET_NOT_FOUND', /no-such-bucket.*Create it/),
    );
    for (const wrong of [{ login: 'nobody' }, { password: 'not-the-secret' }]) {
      const error = await load({ source: sourceOf({ ...s3, ...wrong }, name) }).catch(
        (caught: unknown) => caught,
      );
      expect(error).toEqual(codeOf('ACCESS_DENIED', new RegExp(`"${s3.id}"`)));
      expect(String(error)).not.toMatch(/not-the-secret/);
    }
    const dead = { ...s3, extra: { ...s3.extra, endpoint_url: 'http://127.0.0.1:1' } };
    await expect(load({ source: sourceOf(dead, name) })).rejects.toEqual(
      codeOf('CONNECTION_REFUSED', /127\.0\.0\.1:1/),
    );
  });

  test('a table that does not exist is named', async () => {
    await expect(load({ table: 'nope', prefix: await put({ a: '{}' }) })).rejects.toEqual(
      codeOf('SQL_FAILED', /nope/),
    );
    await expect(load({ table: 't; DROP TABLE t', prefix: 'x' })).rejects.toEqual(
      codeOf('INVALID_OPTION', /DROP/),
    );
  });
});

describe('keys and columns', () => {
  test(`'auto' matches case; unknown keys are ignored; missing ones are NULL`, async () => {
    await load({ prefix: await put({ a: '{"ID":1,"name":"x","firstName":"A","extra":{}}' }) });
    expect(await query('SELECT * FROM t')).toEqual([
      { id: null, name: 'x', firstName: 'A', price: null, at: null },
    ]);
  });

  test(`'auto ignorecase' matches any case`, async () => {
    await load({
      prefix: await put({ a: '{"ID":1,"Name":"x","FIRSTNAME":"A"}\n{"firstname":"B"}' }),
      copy: { ignoreCase: true },
    });
    expect(await query('SELECT id, name, "firstName" AS f FROM t')).toEqual([
      { id: 1, name: 'x', f: 'A' },
      { id: null, name: null, f: 'B' },
    ]);
  });

  test('names that every object inherits are no data', async () => {
    await query('CREATE TABLE o (constructor TEXT, "__proto__" TEXT, "toString" TEXT, id INTEGER)');
    await load({
      table: 'o',
      prefix: await put({ a: '{"id":1}\n{"id":2,"constructor":"c","__proto__":"p"}' }),
    });
    expect(await query('SELECT id, constructor AS c, "__proto__" AS p, "toString" AS s FROM o')).toEqual([
      { id: 1, c: null, p: null, s: null },
      { id: 2, c: 'c', p: 'p', s: null },
    ]);
  });

  test('a missing key takes the DEFAULT, a null does not; a column list leaves the others to the server', async () => {
    await query(
      `CREATE TABLE d (id INTEGER GENERATED ALWAYS AS IDENTITY, kind TEXT DEFAULT 'song', n INTEGER, twice INTEGER GENERATED ALWAYS AS (n * 2) STORED)`,
    );
    const prefix = await put({ a: '{"n":1}\n{"n":2,"kind":null}\n{"n":3,"kind":"ad"}' });
    await load({ table: 'd', prefix });
    await load({ table: 'd', prefix, columns: ['N'], write: { kind: 'append' } });
    expect((await query('SELECT id, kind, n, twice FROM d')).map((row) => Object.values(row).join(' '))).toEqual([
      '1 song 1 2', '2  2 4', '3 ad 3 6', '4 song 1 2', '5 song 2 4', '6 song 3 6',
    ]); // prettier-ignore
    await expect(load({ table: 'd', prefix, columns: ['nope'] })).rejects.toEqual(
      codeOf('INVALID_COPY_OPTION', /"nope".*id, kind/),
    );
    await expect(load({ table: 'd', prefix, columns: ['n', 'N'] })).rejects.toEqual(
      codeOf('INVALID_COPY_OPTION', /twice/),
    );
    await expect(load({ table: 'd', prefix, columns: ['twice'] })).rejects.toEqual(
      codeOf('INVALID_COPY_OPTION', /computed/),
    );
  });

  test('JSONPaths feed the columns in order, also from arrays', async () => {
    const prefix = await put({
      'data/a': '{"user":{"id":7,"tags":["x",{"y":1.50}]}}\n{"user":{}}',
      'data/b': '[]',
      'paths.json': '{"jsonpaths":["$.user.id","$.user.tags[1]"]}',
    });
    await load({
      prefix: `${prefix}data/`,
      columns: ['id', 'firstName'],
      copy: { jsonPaths: url(`${prefix}paths.json`) },
    });
    expect(await query('SELECT id, "firstName" AS f FROM t')).toEqual([
      { id: 7, f: '{"y":1.50}' },
      { id: null, f: null },
      { id: null, f: null },
    ]);
    await expect(
      load({ prefix, columns: ['id', 'firstName'], copy: { jsonPaths: url(`${prefix}paths.json`) } }),
    ).rejects.toEqual(codeOf('INVALID_COPY_OPTION', /lies among the data/));
    await expect(
      load({ prefix: `${prefix}data/`, copy: { jsonPaths: url(`${prefix}nope.json`) } }),
    ).rejects.toEqual(codeOf('SOURCE_NOT_FOUND', /nope\.json/));
  });

  test('values arrive as they were, whatever they contain', async () => {
    const texts = ['\\N', '\\.', '\\D', 'a\tb', 'a\nb', 'a\rb', 'a\\b', '"', "'", '', ' ', 'é😀'];
    const prefix = await put({
      a: texts.map((firstName, id) => JSON.stringify({ id, firstName })).join('\n'),
    });
    await load({ prefix });
    expect((await query('SELECT "firstName" AS f FROM t ORDER BY id')).map(({ f }) => f)).toEqual(texts);
  });
});

describe('compressed files', () => {
  const rows = Array.from({ length: 5000 }, (_, id) => `{"id":${id}}\n`).join('');

  test('are known by their first bytes or their name', async () => {
    const prefix = await put({
      'a.gz': gzipSync(rows),
      b: gzipSync(rows),
      c: rows,
      'empty.gz': gzipSync(''),
    });
    await expect(load({ prefix })).resolves.toMatchObject({ rows: 15_000, files: 4 });
  });
  test('may consist of several members', async () => {
    const prefix = await put({ a: Buffer.concat([gzipSync('{"id":1}\n{"i'), gzipSync('d":2}\n')]) });
    await expect(load({ prefix })).resolves.toMatchObject({ rows: 2 });
  });
  test.each([
    ['a truncated one', gzipSync(rows).subarray(0, 2000)],
    ['one with a wrong checksum', Buffer.concat([gzipSync(rows).subarray(0, -8), Buffer.alloc(8)])],
    ['one that is none', Buffer.from('{"id":1}')],
  ])('%s fails the load with its name, and the old rows stay', async (_name, body) => {
    await query('INSERT INTO t (id) VALUES (99)');
    await expect(load({ prefix: await put({ 'bad.gz': body }) })).rejects.toEqual(
      codeOf('LOAD_FAILED', /bad\.gz is not whole gzip data/),
    );
    expect(await query('SELECT id FROM t')).toEqual([{ id: 99 }]);
  });
  test('gzip: false takes the bytes as they are', async () => {
    await expect(load({ prefix: await put({ a: gzipSync(rows) }), copy: { gzip: false } })).rejects.toEqual(
      codeOf('LOAD_FAILED'),
    );
  });
});

describe('manifests', () => {
  test('load exactly the files listed, twice if listed twice, and report missing optional ones', async () => {
    const prefix = await put({ 'd/1': '{"id":1}', 'd/2': '{"id":2}', 'd/22': '{"id":22}' });
    const entry = (key: string, mandatory?: boolean) => ({ url: url(`${prefix}d/${key}`), mandatory });
    const manifest = (entries: readonly object[]): Promise<void> =>
      scene.bucket().put(`${prefix}m`, JSON.stringify({ entries }));
    const run = () => load({ prefix: `${prefix}m`, copy: { manifest: true } });
    await manifest([entry('2'), entry('1', true), entry('2'), entry('nope')]);
    await expect(run()).resolves.toMatchObject({ rows: 3, files: 3, skippedFiles: [url(`${prefix}d/nope`)] });
    expect(await query('SELECT id FROM t')).toEqual([{ id: 2 }, { id: 1 }, { id: 2 }]);
    await manifest([entry('1'), entry('nope', true)]);
    await expect(run()).rejects.toEqual(codeOf('SOURCE_NOT_FOUND', /demands .*d\/nope/));
    await manifest([entry('nope')]);
    await expect(run()).rejects.toEqual(codeOf('SOURCE_NOT_FOUND', /None of the files/));
    await scene.bucket().put(`${prefix}m`, gzipSync('{}'));
    await expect(run()).rejects.toEqual(codeOf('INVALID_COPY_OPTION', /UTF-8/));
    expect(await query('SELECT count(*) AS n FROM t')).toEqual([{ n: 3 }]);
  });
});

describe('CSV', () => {
  test('quotes, newlines in fields, CRLF, a byte order mark, empty lines', async () => {
    const text = '\ufeff1,"a,""b""","x\ny",1.239,2018-11-02\r\n\r\n2,,\\N,,\r\n';
    await load({ prefix: await put({ a: text }), copy: { format: 'csv' } });
    expect(await query('SELECT * FROM t')).toEqual([
      { id: 1, name: 'a,"b"', firstName: 'x\ny', price: '1.23', at: '2018-11-02 00:00:00' },
      { id: 2, name: '', firstName: null, price: null, at: null },
    ]);
  });
  test('another delimiter, header lines, a column list, emptyAsNull', async () => {
    await load({
      prefix: await put({ a: 'ID|"NAME\n"|\n1|x\n2|\n', b: 'h1\nh2\n3|é' }),
      columns: ['id', 'name'],
      copy: { format: 'csv', delimiter: '|', ignoreHeader: 2, emptyAsNull: true },
    });
    expect(await query('SELECT id, name FROM t')).toEqual([
      { id: 1, name: 'x' },
      { id: 2, name: null },
      { id: 3, name: 'é' },
    ]);
  });
  test.each([
    ['too few fields', '1,x\n1\n', 2, /1 fields for 2 columns/],
    ['too many fields', '1,x,y\n', 1, /extra/],
    ['a wrong value after a field with newlines', '1,"a\nb"\nx,y\n', 3, /invalid digit/],
    ['wrong UTF-8', Buffer.from([0x31, 0x2c, 0xff, 0x0a]), 1, /UTF-8/],
    ['a quote that does not close', '1,x\n2,"y\n3,z\n', undefined, /Quote Not Closed/],
    ['text after a closing quote', '1,"x"y\n', 1, /Closing Quote/],
    ['a row over 4 MB', `1,${'x'.repeat(5_000_000)}\n`, 1, /[Rr]ecord/],
  ])('%s is reported by line', async (_name, body, line, reason) => {
    const prefix = await put({ 'f.csv': body });
    await expect(load({ prefix, columns: ['id', 'name'], copy: { format: 'csv' } })).rejects.toEqual(
      codeOf('LOAD_FAILED', reason),
    );
    const [kept] = await query('SELECT line_number, file_name, reason FROM load_errors');
    expect(kept).toEqual({
      line_number: line ?? expect.any(Number),
      file_name: url(`${prefix}f.csv`),
      reason: expect.stringMatching(reason),
    });
  });
});
