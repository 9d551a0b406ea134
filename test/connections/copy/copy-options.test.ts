import { describe, expect, test } from '@jest/globals';

import { parseCopyOptions } from '../../../connections/copy/copy-options.js';
import { parseJsonPath, parseJsonPaths } from '../../../connections/copy/json-paths.js';
import { parseManifest } from '../../../connections/copy/manifest.js';
import { type RedshiftCopy, renderRedshiftCopy } from '../../../connections/copy/redshift-copy.js';
import { RowLocator } from '../../../connections/copy/row-locator.js';
import { createStatement, showStatement, toPositional } from '../../../connections/sql/statement.js';

const statementOf = (copy: RedshiftCopy) => createStatement('COPY', ...renderRedshiftCopy(copy));
const render = (copy: RedshiftCopy): string => toPositional(statementOf(copy)).text;

describe('COPY options', () => {
  test('have defaults', () => {
    expect(parseCopyOptions({ format: 'json' })).toMatchObject({
      ignoreCase: false,
      gzip: 'auto',
      timeFormat: 'auto',
      maxErrors: 0,
      nullAs: undefined,
    });
    expect(parseCopyOptions({ format: 'csv' })).toMatchObject({
      delimiter: ',',
      ignoreHeader: 0,
      nullAs: '\\N',
    });
  });

  test.each([
    [{ format: 'json', maxErors: 1 }, /unknown option "maxErors" \(known: .*maxErrors/],
    [{ format: 'xml' }, /option "format"/],
    [{}, /option "format"/],
    [{ format: 'json', maxErrors: 100_001 }, /option "maxErrors"/],
    [{ format: 'json', maxErrors: -1 }, /option "maxErrors"/],
    [{ format: 'json', timeFormat: 'EPOCHMILLISECS' }, /option "timeFormat"/],
    [{ format: 'json', delimiter: '|' }, /"delimiter" belongs to format csv/],
    [{ format: 'csv', ignoreCase: true }, /"ignoreCase" belongs to format json/],
    [{ format: 'csv', delimiter: '||' }, /option "delimiter"/],
    [{ format: 'csv', delimiter: '"' }, /option "delimiter"/],
    [{ format: 'json', jsonPaths: 's3://b/p', ignoreCase: true }, /"ignoreCase"/],
  ])('%j is refused', (options, message) => {
    expect(() => parseCopyOptions(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_COPY_OPTION', message: expect.stringMatching(message) }),
    );
  });
});

describe('JSONPaths', () => {
  test.each([
    ['$', []],
    ['$.a.b', ['a', 'b']],
    ['$.a[0]', ['a', 0]],
    ["$['a']['b c'][2]", ['a', 'b c', 2]],
    ['$["it\\"s"]', ['it"s']],
    ['$[1]', [1]],
  ])('%s is %j', (path, steps) => expect(parseJsonPath(path, 'f')).toEqual(steps));

  test.each(['a', '$a', '$.', '$.*', '$..a', '$[*]', '$[-1]', '$[1:2]', "$['a'].b", '$.a[?(@.b)]'])(
    '%s is refused',
    (path) => {
      expect(() => parseJsonPath(path, 'paths.json')).toThrow(/paths\.json/);
    },
  );

  test.each([
    ['not json', /is not JSON/],
    ['{"paths":["$.a"]}', /must be \{"jsonpaths"/],
    ['{"jsonpaths":[]}', /must be/],
    ['{"jsonpaths":["$.a"]}', /1 paths for 2 columns/],
  ])('the file %s is refused', (text, message) =>
    expect(() => parseJsonPaths(text, 'f', 2)).toThrow(message),
  );
});

describe('manifests', () => {
  test('files are optional by default', () => {
    expect(
      parseManifest('{"entries":[{"url":"s3://b/k"},{"url":"s3://b/l","mandatory":true}]}', 'm'),
    ).toEqual([
      { url: 's3://b/k', mandatory: false },
      { url: 's3://b/l', mandatory: true },
    ]);
  });
  test.each(['', '[]', '{"entries":[]}', '{"entries":[{"mandatory":true}]}', '{"entries":[{"url":1}]}'])(
    '%s is refused',
    (text) => {
      expect(() => parseManifest(text, 's3://b/m')).toThrow(/s3:\/\/b\/m/);
    },
  );
});

describe('the COPY statement for Redshift', () => {
  test('events by key in any case, with a role', () => {
    const options = parseCopyOptions({
      format: 'json',
      ignoreCase: true,
      timeFormat: 'epochmillisecs',
      region: 'us-west-2',
      maxErrors: 9,
      truncateColumns: true,
    });
    const iamRole = 'arn:aws:iam::123456789012:role/RedshiftRole';
    expect(
      render({
        table: 'staging_events',
        from: 's3://sparkify/log_data/',
        options,
        credentials: { kind: 'role', arn: iamRole },
      }),
    ).toBe(
      `COPY "staging_events"
FROM 's3://sparkify/log_data/'
IAM_ROLE 'arn:aws:iam::123456789012:role/RedshiftRole'
FORMAT AS JSON 'auto ignorecase'
TIMEFORMAT 'epochmillisecs'
REGION 'us-west-2'
MAXERROR 10
TRUNCATECOLUMNS`,
    );
  });
  test('quotes do not break out of it', () => {
    const options = parseCopyOptions({ format: 'csv', ignoreHeader: 1, delimiter: '|', manifest: true });
    const credentials = { kind: 'role' } as const;
    const copy = { table: 'public.t', columns: ['a', 'b"c'], from: `s3://b/it's`, options, credentials };
    expect(render(copy)).toBe(
      `COPY "public"."t" ("a", "b""c")
FROM 's3://b/it''s'
IAM_ROLE default
FORMAT AS CSV
DELIMITER AS '|'
IGNOREHEADER 1
TIMEFORMAT 'auto'
NULL AS '\\\\N'
MANIFEST`,
    );
  });
});

describe('keys in the statement', () => {
  const copy: RedshiftCopy = {
    table: 't',
    from: 's3://b/k/',
    options: parseCopyOptions({ format: 'json' }),
    credentials: {
      kind: 'keys',
      accessKeyId: 'AKIAEXAMPLE',
      secretAccessKey: `it's/se+cret`,
      sessionToken: 'tok',
    },
  };
  test('are sent, quoted', () => {
    expect(render(copy)).toContain(
      `ACCESS_KEY_ID 'AKIAEXAMPLE'\nSECRET_ACCESS_KEY 'it''s/se+cret'\nSESSION_TOKEN 'tok'\nFORMAT`,
    );
  });
  test('are not shown', () => {
    expect(showStatement(statementOf(copy))).toContain(
      'ACCESS_KEY_ID ***\nSECRET_ACCESS_KEY ***\nSESSION_TOKEN ***\nFORMAT',
    );
  });
});

describe('finding the row that a server refused', () => {
  test('by file and line, also after many rows', () => {
    const locator = new RowLocator();
    for (const [file, rows] of [
      ['a', 3],
      ['empty', 0],
      ['b', 100_000],
      ['c', 2],
    ] as const) {
      locator.beginFile(file);
      for (let line = 1; line <= rows; line += 1) locator.add(line * 2);
    }
    const at = (row: number): unknown => locator.locate(`COPY t, line ${row}, column id: "7"`);
    expect(at(100_004)).toEqual({ file: 'c', line: 2, column: 'id' });
    expect(at(100_003)).toEqual({ file: 'b', line: 200_000, column: 'id' });
    expect(at(1)).toBeUndefined();
    expect(at(200_000)).toBeUndefined();
    expect(locator.locate('SQL function f')).toBeUndefined();
    expect(locator.locate(undefined)).toBeUndefined();
  });
});
