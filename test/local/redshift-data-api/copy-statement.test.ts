import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';

import { type CopyOptions, parseCopyOptions } from '../../../connections/copy/copy-options.js';
import { renderRedshiftCopy } from '../../../connections/copy/redshift-copy.js';
import { type CopyStatement, parseCopyStatement } from '../../../local/redshift-data-api/copy-statement.js';
import { lexStatement } from '../../../local/redshift-data-api/statement-reader.js';
import { stripTableLayout } from '../../../local/redshift-data-api/table-layout.js';

function parse(sql: string): CopyStatement {
  return parseCopyStatement(lexStatement(sql));
}

const parseOptions = (text: string): CopyOptions =>
  parse(`COPY t FROM 's3://b/k' IAM_ROLE default ${text}`).options;

/** Options as somebody may write them, of either format. */
const options: fc.Arbitrary<CopyOptions> = fc
  .record({
    manifest: fc.boolean(),
    gzip: fc.boolean(),
    timeFormat: fc.constantFrom('auto' as const, 'epochsecs' as const, 'epochmillisecs' as const),
    maxErrors: fc.integer({ min: 0, max: 99_999 }),
    emptyAsNull: fc.boolean(),
    blanksAsNull: fc.boolean(),
    truncateColumns: fc.boolean(),
    roundDec: fc.boolean(),
    region: fc.option(fc.constantFrom('us-west-2', 'eu-central-1'), { nil: undefined }),
    nullAs: fc.option(fc.string({ minLength: 1, maxLength: 6 }), { nil: undefined }),
    format: fc.oneof(
      fc.record({
        format: fc.constant('json'),
        jsonPaths: fc.constantFrom('s3://b/paths.json', "s3://b/it's.json"),
      }),
      fc.record({ format: fc.constant('json'), ignoreCase: fc.boolean() }),
      fc.record({
        format: fc.constant('csv'),
        delimiter: fc.constantFrom(',', '|', ';', '\t', "'", '\\'),
        ignoreHeader: fc.nat(9),
      }),
    ),
  })
  .map(({ format, region, nullAs, ...flags }) =>
    parseCopyOptions({
      ...flags,
      ...format,
      ...(region === undefined ? {} : { region }),
      ...(nullAs === undefined ? {} : { nullAs }),
    }),
  );

describe('COPY', () => {
  test('reads back whatever is rendered for Redshift', () => {
    const columns = fc.option(fc.constantFrom(['a'], ['a', 'b_2', 'c']), { nil: undefined });
    const arn = fc.option(fc.constant('arn:aws:iam::123456789012:role/RedshiftRole'), { nil: undefined });
    fc.assert(
      fc.property(options, columns, arn, (given, names, role) => {
        const from = "s3://bucket/it's/a key";
        const parts = renderRedshiftCopy({
          table: 'staging.events',
          columns: names,
          from,
          options: given,
          credentials: { kind: 'role', arn: role },
        });
        expect(parse(parts.map(String).join(''))).toEqual({
          table: 'staging.events',
          columns: names,
          from,
          authorization: { kind: 'role', arn: role },
          options: given,
        });
      }),
    );
  });

  it('takes options in any order, any case, with or without AS, and comments between', () => {
    const statement = parse(`
      copy "Public".Events (Id, "Name") -- the seed's
      from 's3://b/log_data' with compupdate off /* any */ json as 'auto ignorecase'
      statupdate on maxerror as 3 emptyasnull iam_role 'arn:aws:iam::123456789012:role/a/b' region as 'us-west-2';`);
    expect(statement).toMatchObject({
      table: 'public.events',
      columns: ['id', 'name'],
      options: { format: 'json', ignoreCase: true, maxErrors: 2, emptyAsNull: true, region: 'us-west-2' },
    });
  });

  it('reads what Redshift fails at as what may be left out', () => {
    expect(parseOptions('JSON MAXERROR 0').maxErrors).toBe(0);
    expect(parseOptions('JSON MAXERROR 1').maxErrors).toBe(0);
    expect(parseOptions('JSON MAXERROR 100000').maxErrors).toBe(99_999);
  });

  it('reads escapes in literals as Redshift does', () => {
    expect(parseOptions(String.raw`CSV DELIMITER '\t' NULL AS '\\N'`)).toMatchObject({
      delimiter: '\t',
      nullAs: '\\N',
    });
    expect(parseOptions(String.raw`CSV DELIMITER AS '\174'`).delimiter).toBe('|');
  });

  it('takes compressed files only when told that they are', () => {
    expect(parseOptions('JSON').gzip).toBe(false);
    expect(parseOptions('JSON GZIP').gzip).toBe(true);
  });

  it.each([
    ['JSON MAXEROR 5', /syntax error at or near "MAXEROR"/],
    ['JSON GZIP GZIP', /redundant options: GZIP/],
    ['JSON NOLOAD', /option NOLOAD is not supported/],
    ['JSON ACCEPTINVCHARS', /option ACCEPTINVCHARS is not supported/],
    ['FORMAT AS PARQUET', /FORMAT PARQUET is not supported/],
    [`JSON TIMEFORMAT 'DD.MM.YYYY'`, /TIMEFORMAT 'DD\.MM\.YYYY' is not supported/],
    [`JSON 'noshred'`, /JSON 'noshred' is not supported/],
    [`CSV QUOTE AS '%'`, /QUOTE '%' is not supported/],
    [`DELIMITER '|'`, /without FORMAT is not supported/],
    [`JSON DELIMITER '|'`, /"delimiter" belongs to format csv/],
    ['JSON MAXERROR 100001', /MAXERROR must be between/],
    ['JSON MAXERROR many', /syntax error at or near "many"/],
    ['JSON NULL', /syntax error at end of input/],
    ['JSON constructor', /syntax error at or near "constructor"/],
  ])('refuses %s', (text, message) => {
    expect(() => parseOptions(text)).toThrow(message);
  });

  it.each([
    ['COPY t FROM STDIN', /syntax error at or near "STDIN"/],
    [`COPY t FROM 'emr://j-1/x' IAM_ROLE default JSON`, /FROM 'emr:/],
    [`COPY t (a, FROM 's3://b/k' IAM_ROLE default JSON`, /syntax error at or near "'s3:/],
    [`COPY t FROM 's3://b/k' JSON`, /No IAM role/],
    [`COPY t FROM 's3://b/k' IAM_ROLE 'admin' JSON`, /'admin' is not the ARN of a role/],
    [`COPY t FROM 's3://b/k' IAM_ROLE default ACCESS_KEY_ID 'a' JSON`, /conflicting or redundant/],
    [`COPY t FROM 's3://b/k`, /unterminated string at line 1/],
    [`COPY t FROM 's3://b/k' IAM_ROLE default JSON; DELETE FROM t`, /multiple commands/],
  ])('refuses %s', (sql, message) => {
    expect(() => parse(sql)).toThrow(message);
  });

  it('knows keys for keys, and shows none when they are badly written', () => {
    const keys = { kind: 'keys', accessKeyId: 'AK', secretAccessKey: 'SK' };
    const from = `COPY t FROM 's3://b/k' JSON`;
    expect(parse(`${from} ACCESS_KEY_ID 'AK' SECRET_ACCESS_KEY AS 'SK'`).authorization).toEqual(keys);
    expect(
      parse(`${from} CREDENTIALS AS 'aws_access_key_id=AK;aws_secret_access_key=SK;token=T'`).authorization,
    ).toEqual({ ...keys, sessionToken: 'T' });
    expect(() => parse(`${from} CREDENTIALS 'aws_secret=hunter2'`)).toThrow(
      /^Invalid credentials(?!.*hunter2)/,
    );
  });
});

describe('table layout', () => {
  const strip = (sql: string): string =>
    stripTableLayout(lexStatement(sql))
      .map(({ text }) => text)
      .join('')
      .replaceAll(/\s+/g, ' ')
      .trim();

  it.each([
    ['CREATE TABLE t (id INT ENCODE az64 DISTKEY SORTKEY, n INT)', 'CREATE TABLE t (id INT , n INT)'],
    [
      'CREATE TABLE t (id INT) DISTSTYLE KEY DISTKEY (id) COMPOUND SORTKEY (id, n)',
      'CREATE TABLE t (id INT)',
    ],
    [
      'CREATE TABLE IF NOT EXISTS t (id INT) DISTSTYLE AUTO SORTKEY AUTO',
      'CREATE TABLE IF NOT EXISTS t (id INT)',
    ],
    [
      'create temp table t backup no diststyle all as select 1 as sortkey',
      'create temp table t as select 1 as sortkey',
    ],
  ])('takes what only Redshift knows out of %s', (sql, stripped) => {
    expect(strip(sql)).toBe(stripped);
  });

  it.each([
    'CREATE TABLE t (id INT) DISTSTYLE SOMEHOW',
    'SELECT encode, sortkey FROM t',
    `SELECT 'DISTSTYLE ALL'`,
  ])('leaves %s as it is', (sql) => {
    expect(strip(sql)).toBe(sql);
  });
});
