/**
 * Every parser at the edge, on nonsense: it answers, or throws an error of ours that somebody can read. Random values, texts that
 * were valid before a few random edits, and inputs so long that anything quadratic would not end in the test's time.
 * With AIRTEMPO_FUZZ_RUNS so many of each; the results of a long run are in docs/reliability.md.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseEvent } from '../../activities/kafka/parse-event.js';
import { parseCopyOptions } from '../../connections/copy/copy-options.js';
import { parseJsonPaths } from '../../connections/copy/json-paths.js';
import { parseManifest } from '../../connections/copy/manifest.js';
import { parseEncryptionKeys } from '../../connections/encryption-keys.js';
import { parseConnection } from '../../connections/parse-connection.js';
import { parseS3Url } from '../../connections/s3-url.js';
import { parseTableName } from '../../connections/sql-identifiers.js';
import { parseBackfillInput, parseDateRange } from '../../core/backfill-input.js';
import { parseConfig } from '../../core/config.js';
import { checkCron } from '../../core/cron-expression.js';
import { parseDuration } from '../../core/duration.js';
import { isAirtempoError } from '../../core/errors.js';
import { parseInstant, parseRunInput } from '../../core/run-facts.js';
import { parseStreamArgs } from '../../workers/plan-stream.js';

const RUNS = Number(process.env['AIRTEMPO_FUZZ_RUNS'] ?? 1_000);
/** A message is for reading, whatever was put in. */
const LONGEST_MESSAGE = 8_000;
const LONG = 300_000;

/** Throws unless the parser answers or refuses in words. */
function expectAnswer(parse: (value: never) => unknown, value: unknown): void {
  try {
    parse(value as never);
  } catch (error) {
    if (!isAirtempoError(error)) throw error;
    expect(error.message.length).toBeGreaterThan(10);
    expect(error.message.length).toBeLessThan(LONGEST_MESSAGE);
  }
}

/** A text after up to eight edits: characters taken out, put in, doubled, and pieces moved. */
function edited(texts: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.tuple(
    fc.nat(),
    fc.nat(12),
    fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom(...texts)),
  );
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 8 }))
    .map(([text, edits]) =>
      edits.reduce((now, [at, length, put]) => {
        const place = at % (now.length + 1);
        return now.slice(0, place) + put + now.slice(place + length);
      }, text),
    );
}

/** Texts of one character, or of the beginnings that parsers recurse or look far ahead for. */
const LONG_TEXTS = [
  'a',
  '0',
  ' ',
  '%',
  '%4',
  '{"a":',
  '[',
  '(',
  ',',
  '/',
  '* ',
  '\\',
  '"',
  '\u0000',
  'ß',
  '@',
  '--',
].map((piece) => piece.repeat(Math.ceil(LONG / piece.length)));

const texts: Readonly<Record<string, readonly [parse: (text: string) => unknown, valid: readonly string[]]>> =
  {
    'connection URIs and JSON': [
      (text) => parseConnection('fuzzed', text),
      [
        'postgres://user:p%40ss@host.example.com:5432/db?sslmode=require&connect_timeout=5',
        'redshift://awsuser:secret@cluster.abc.us-west-2.redshift.amazonaws.com:5439/dev',
        'aws://AKIA:secret@/?region_name=us-west-2&endpoint_url=http%3A%2F%2Flocalhost',
        'kafka://etl:secret@[::1]:9092/?__extra__=%7B%22brokers%22%3A%22a%3A1%2Cb%3A2%22%7D',
        '{"conn_type":"postgres","host":"h","port":5432,"extra":{"sslmode":"disable"}}',
        '{"conn_type":"aws","extra":"{\\"region_name\\":\\"eu-west-1\\"}"}',
      ],
    ],
    crons: [
      (text) => checkCron(text, 'the DAG'),
      ['*/5 0-6 1,15 * MON-FRI', '@daily', '0 0 29 2 *', '0 9 * * 1#1', '59 23 31 12 7'],
    ],
    durations: [(text) => parseDuration(text, 'retryDelay'), ['5m', '1.5h', '250ms', '3650d']],
    instants: [
      (text) => parseInstant(text, 'Europe/Berlin'),
      ['2018-11-02', '2018-11-02T03:04:05.678+01:00', '2018-11-02T00:00:00Z'],
    ],
    'date ranges': [
      (text) => parseDateRange(text, text, 'America/Santiago'),
      ['2018-11-01', '2018-11-01T02:00:00Z'],
    ],
    'S3 addresses': [parseS3Url, ['s3://bucket/key', 's3://bucket/a/b/', 's3://b']],
    'table names': [parseTableName, ['events', 'public.events', '"Odd".name']],
    'COPY manifests': [
      (text) => parseManifest(text, 's3://b/manifest'),
      ['{"entries":[{"url":"s3://b/k","mandatory":true},{"url":"s3://b/l","meta":{"content_length":5}}]}'],
    ],
    jsonpaths: [
      (text) => parseJsonPaths(text, 's3://b/paths.json', 2),
      [`{"jsonpaths":["$['a']","$.b[0]"]}`, `{"jsonpaths":["$.ts","$['item in session']"]}`],
    ],
    keys: [(text) => parseEncryptionKeys(text, 'the test'), [Buffer.alloc(32, 7).toString('base64'), 'a,b']],
    'Kafka messages': [
      (text) => parseEvent(Buffer.from(text, 'utf8'), 2 ** 20),
      [
        '{"ts":1538352117000,"userId":"30","sessionId":29,"page":"NextSong","itemInSession":50,"length":277.89,"song":"Rockpools"}',
      ],
    ],
  };

const values: Readonly<
  Record<string, readonly [parse: (value: unknown) => unknown, valid: readonly unknown[]]>
> = {
  'inputs of runs': [parseRunInput, [{ logicalDate: '2018-11-02', conf: { mode: 'day' } }, {}, null]],
  'inputs of backfills': [
    parseBackfillInput,
    [
      {
        dagId: 'd',
        from: '2018-11-01',
        to: '2018-11-30',
        reprocess: 'failed',
        maxActiveRuns: 4,
        tasks: ['a'],
      },
    ],
  ],
  'inputs of streams': [
    parseStreamArgs,
    [{ connId: 'kafka', topic: 'events', sink: { kind: 'warehouse', connId: 'postgres' }, interval: '5s' }],
  ],
  'COPY options': [
    parseCopyOptions,
    [
      { format: 'json', jsonPaths: 'auto', maxErrors: 5, region: 'us-west-2' },
      { format: 'csv', delimiter: '|', ignoreHeader: 1 },
    ],
  ],
  'airtempo.config.ts': [
    (value) => parseConfig(value, 'airtempo.config.ts'),
    [{ pools: { redshift: { slots: 4 } } }, {}],
  ],
};

/** A valid value with some of its values, at any depth, replaced by anything. */
function damaged(valid: readonly unknown[]): fc.Arbitrary<unknown> {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
  });
  return fc
    .tuple(fc.constantFrom(...valid), fc.array(fc.tuple(fc.nat(), anything), { minLength: 1, maxLength: 3 }))
    .map(([value, damages]) => damages.reduce((now, [at, put]) => replaceAt(now, at, put), value));
}

function replaceAt(value: unknown, at: number, put: unknown): unknown {
  if (typeof value !== 'object' || value === null) return put;
  const keys = Object.keys(value);
  const key = keys[at % (keys.length + 1)];
  if (key === undefined)
    return Array.isArray(value) ? [...(value as unknown[]), put] : { ...value, [String(at)]: put };
  const inner = (value as Record<string, unknown>)[key];
  const replaced = replaceAt(inner, Math.floor(at / (keys.length + 1)), put);
  return Array.isArray(value)
    ? value.map((item: unknown, index) => (String(index) === key ? replaced : item))
    : { ...value, [key]: replaced };
}

describe.each(Object.entries(texts))('%s', (_, [parse, valid]) => {
  test('any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), edited(valid)), (text) =>
        expectAnswer(parse, text),
      ),
      { numRuns: RUNS },
    );
  });
  test('long texts', () => {
    for (const text of LONG_TEXTS)
      for (const whole of [text, `${valid[0] ?? ''}${text}`, `${text}${valid[0] ?? ''}`])
        expectAnswer(parse, whole);
  });
});

describe.each(Object.entries(values))('%s', (_, [parse, valid]) => {
  test('any value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), damaged(valid)), (value) => expectAnswer(parse, value)),
      { numRuns: RUNS },
    );
  });
  test('long values', () => {
    const long = [
      LONG_TEXTS[0],
      Array.from({ length: LONG }, () => 'a'),
      Object.fromEntries(Array.from({ length: 20_000 }, (__, index) => [`key${String(index)}`, 1])),
    ];
    for (const value of long) {
      expectAnswer(parse, value);
      for (const one of valid)
        for (let at = 0; at < 8; at += 1) expectAnswer(parse, replaceAt(one, at, value));
    }
  });
});

test('bytes that are no text are answered, too', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const parsed = parseEvent(Buffer.from(bytes), 2 ** 20);
      expect('event' in parsed || parsed.problem.reason.length > 0).toBe(true);
    }),
    { numRuns: RUNS },
  );
});
