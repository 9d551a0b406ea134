/** The rules of the ingest and those of the Spark job: the same bytes give the same event, or the same reason and sentence. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { parseEvent } from '../../activities/kafka/parse-event.js';
import { RAW_EVENT_TYPES } from '../../connections/duckdb/event-columns.js';
import { ensureSpark } from '../../local/spark/ensure-spark.js';
import { createScratchFolder } from '../support/scratch.js';

const TS = Date.parse('2018-11-01T10:00:00.123Z');
const MAX_BYTES = 20_000;
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** What is put in the place of a value, as it is written in JSON. */
const VALUES = [
  'null', 'true', '""', '" "', '{}', '[]', '{"b":[1,"\\ud800",{"a":null,"c":1e21}],"a":"\\u0000\\u001f\\u2028"}', nested(298), nested(299), nested(3_000),
  '0', '-0', '-0.0', '1', '1.0', '1.5', '-1', '01', '+1', '1.', '.5', '1e2', '1e400', '-1e400', '1e21', '1e-7', '123456789012345680000', '0.000001', '5e-324',
  '2147483647', '2147483648', '-2147483648', '9007199254740991', '9007199254740992', '9007199254740993', '1541066400123', '1541066400123.0', '1541066400', '4102444800000', '946684800000', '946684799999',
  'NaN', 'Infinity', '-Infinity', '"NaN"', '"Infinity"', '"1541066400123"', '" 12 "', '"\\ufeff12\\u00a0"', '"\\u008512"', '"1_000"', '"１２"', '"12."', '".5"', '"+5"', '"5e3"', '"0x10"', '"12\\n"', '"1,5"',
  '"Café 🎵"', '"\\ud83c\\udfb5"', '"\\ud83c"', '"\\udfb5\\ud83c"', '"a\\u0000"', '"tab\\tand\\u007f"', '"\t"', '"\\x"', '"\\u00e"', `"${'é'.repeat(128)}"`, `"${'é'.repeat(129)}"`, `"${'é'.repeat(2_048)}"`, `"${'é'.repeat(2_049)}"`,
  `"${'🎵'.repeat(1_024)}"`, `"${'🎵'.repeat(1_025)}"`, `["${'a'.repeat(57)}🎵"]`, `["${'b'.repeat(58)}🎵"]`, "'text'", 'undefined', '1 2', '1,', '',
]; // prettier-ignore

const WHOLE_MESSAGES = [
  '', ' ', '{}', '[]', 'null', '"text"', '12', '-', '{"ts":', '{"ts":1541066400123', '\ufeff{}', '{"ts":1541066400123}}', '{"ts":1541066400123,}', "{'ts':1541066400123}",
  ' \t\r\n{"ts":1541066400123}\n', '\u00a0{"ts":1541066400123}', '{"ts":1541066400123,"ts":1541066400124}', '{"ts":1541066400123,"__proto__":1,"constructor":2,"hasOwnProperty":3}',
  '{"ts":1541066400123,"page":"NextSong"}', '{"ts":1541066400123,"page":"NextSong","sessionId":1,"itemInSession":0}', '{"ts":1541066400123,"page":"NextSong","sessionId":1}',
  `{"ts":1541066400123,"more":${nested(299)}}`, `{"ts":1541066400123,"more":${nested(300)}}`, `{"ts":1541066400123,"more":"${'['.repeat(2_000)}"}`, nested(100_000),
  `{"ts":1541066400123,"more":"${'x'.repeat(MAX_BYTES)}"}`, '// no\n{"ts":1541066400123}', '{"ts":1541066400123}\0',
]; // prettier-ignore

function listMessages(): readonly (Buffer | null)[] {
  const placed = Object.keys(RAW_EVENT_TYPES).flatMap((key) =>
    VALUES.map(
      (value) => `{"ts":${String(TS)},"sessionId":3,"itemInSession":0,${JSON.stringify(key)}:${value}}`,
    ),
  );
  const anyValue = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.integer(),
    fc.constant(TS),
  );
  const anyEvent = fc.record(Object.fromEntries(Object.keys(RAW_EVENT_TYPES).map((key) => [key, anyValue])), {
    requiredKeys: [],
  });
  const random = fc.sample(anyEvent, { numRuns: 1_000, seed: 7 }).map((event) => JSON.stringify(event));
  const doubles = fc
    .sample(fc.double(), { numRuns: 1_000, seed: 7 })
    .map((userId) => JSON.stringify({ ts: TS, userId }));
  const bytes = fc.sample(fc.uint8Array({ maxLength: 8 }), { numRuns: 300, seed: 7 });
  return [
    null,
    ...[...placed, ...WHOLE_MESSAGES, ...random, ...doubles].map((text) => Buffer.from(text)),
    ...bytes.map((each) => Buffer.concat([Buffer.from('{"ts":1541066400123,"song":"'), each, Buffer.from('"}')])),
  ]; // prettier-ignore
}

/** Of what is no JSON each parser says why in words of its own. */
function comparable(answer: object): object {
  return 'reason' in answer && answer.reason === 'invalid_json' ? { reason: answer.reason } : answer;
}

function judge(value: Buffer | null): object {
  const parsed = parseEvent(value, MAX_BYTES);
  if ('event' in parsed) return { event: JSON.parse(JSON.stringify(parsed.event)) as object };
  const { reason, detail } = parsed.problem;
  return { reason, detail: Buffer.from(detail).toString() }; // as it is sent
}

describe('messages', () => {
  const messages = listMessages();
  let scratch: { dir: string; remove: () => Promise<void> };
  let answers: readonly object[];
  beforeAll(async () => {
    scratch = await createScratchFolder();
    const { python, env } = await ensureSpark();
    const file = path.join(scratch.dir, 'messages.json');
    await writeFile(file, JSON.stringify(messages.map((message) => message?.toString('base64') ?? null)));
    const { stdout } = await promisify(execFile)(
      python,
      ['test/spark/support/parse-events.py', file, String(MAX_BYTES)],
      { env: { ...process.env, ...env }, maxBuffer: 2 ** 28 },
    );
    answers = JSON.parse(stdout) as readonly object[];
  }, 300_000);
  afterAll(() => scratch.remove());

  test('are the same events, or are refused for the same reason, in both places', () => {
    expect(answers).toHaveLength(messages.length);
    const differing = messages.flatMap((message, index) => {
      const [ours, theirs] = [comparable(judge(message)), comparable(answers[index] ?? {})];
      const isSame = JSON.stringify(ours) === JSON.stringify(theirs);
      return isSame ? [] : [{ message: message?.toString().slice(0, 300), ours, theirs }];
    });
    expect(differing).toEqual([]);
  });

  test('are of every kind', () => {
    const reasons = messages.map((message) => {
      const answer = judge(message);
      return 'reason' in answer ? answer.reason : 'event';
    });
    expect([...new Set(reasons)].sort((a, b) => String(a).localeCompare(String(b)))).toEqual([
      'empty', 'event', 'invalid_json', 'invalid_text', 'invalid_utf8', 'missing_field', 'not_an_object', 'out_of_range', 'too_large', 'wrong_type',
    ]); // prettier-ignore
  });
});
