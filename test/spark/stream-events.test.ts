/**
 * The lake that Spark writes out of a topic is the one that the ingest writes: the same rows in each day's file, the same counts and
 * positions, the same dead letters; also when Spark was killed in the middle of a batch, and when each goes on where the other stopped.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkIngestedLake } from '../../activities/kafka/check-ingested-lake.js';
import { readLetters } from '../../activities/kafka/dead-letter-topic.js';
import type { LakePositions } from '../../activities/kafka/lake-sink.js';
import type { KafkaIngestArgs } from '../../activities/kafka/ingest-args.js';
import { kafkaIngest } from '../../activities/kafka-ingest.js';
import { openDuckDb, type DuckDb } from '../../connections/duckdb/duckdb.js';
import { openProducer, type OutgoingMessage } from '../../connections/kafka/producer.js';
import { ensureTopic } from '../../connections/kafka/topics.js';
import { isGroupAlive } from '../../connections/spark/process-group.js';
import { createSampleTopic } from '../activities/kafka/support/sample-topic.js';
import { createCliProject, type CliProject, type CliResult } from '../support/cli.js';
import { until } from '../support/engine.js';
import { startTestKafka, type TestKafka } from '../support/kafka.js';
import { createScratchFolder } from '../support/scratch.js';
import { SHORT_JVM } from '../support/short-spark.js';
import { comparable } from '../support/spark-sql.js';
import { createTaskContext } from '../support/task-context.js';

const TOPIC = 'events';
const PARTITIONS = 3;
const MAX_MESSAGE_BYTES = 100_000;
const TIMEOUT_MS = 15 * 60_000;
const TS = Date.parse('2018-10-01T10:00:00Z');
const data = process.env['AIRTEMPO_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** Messages that are no events, each for another reason. */
const POISON: readonly (Buffer | null)[] = [
  null,
  Buffer.alloc(950_000, 'x'),
  Buffer.from(JSON.stringify({ ts: TS, song: 'Café' }), 'latin1'),
  Buffer.from('{"ts":'),
  Buffer.from('[1]'),
  Buffer.from(JSON.stringify({ userId: '7' })),
  Buffer.from(JSON.stringify({ ts: 'tomorrow' })),
  Buffer.from(JSON.stringify({ ts: 253402300800000 })),
  Buffer.from(JSON.stringify({ ts: TS, song: 'Ebb\u0000' })),
];
const REASONS = [
  'empty', 'invalid_json', 'invalid_text', 'invalid_utf8', 'missing_field', 'not_an_object', 'out_of_range', 'too_large', 'wrong_type',
]; // prettier-ignore

/** Texts and numbers where the other is due, keys with nulls, a day of its own, and a copy that differs: the first one stays. */
const SPECIAL = [
  { ts: `${String(TS)}.0`, userId: 7, sessionId: '12', itemInSession: 1, page: 'Home', length: '1e2', registration: 1538173362000 },
  { ts: TS, userId: '', page: 'Home', song: 'Zoë “Q” / \\ Ñ 🎵', artist: 'Tab\tand\nline' },
  { ts: TS, userId: null, page: 'Home', song: 'another' },
  { ts: Date.parse('2017-02-28T23:59:59.999Z'), userId: '1', page: 'Home', level: 'free', status: 200.0 },
  { ts: TS, userId: '1', sessionId: 3, itemInSession: 0, page: 'NextSong', length: 277.89016 },
  { ts: TS, userId: '1', sessionId: 3, itemInSession: 0, page: 'NextSong', length: 1 },
].map((event) => JSON.stringify(event)); // prettier-ignore

let kafka: TestKafka;
let scratch: { dir: string; remove: () => Promise<void> };
let project: CliProject;
let db: DuckDb;
const at = (name: string): string => path.join(scratch.dir, name);

beforeAll(async () => {
  [kafka, scratch] = await Promise.all([startTestKafka(), createScratchFolder()]);
  const { host = '', port = 0 } = kafka.connection;
  project = await createCliProject({
    ...SHORT_JVM,
    AIRTEMPO_CONN_KAFKA: `kafka://${host}:${String(port)}`,
  });
  db = await openDuckDb({ tempFolder: scratch.dir, threads: 1 });
  await ensureTopic(kafka.connection, TOPIC, PARTITIONS);
  await send([...(await readRealEvents()), ...makeSample('2018-10-11').lines.flat(), ...SPECIAL], POISON);
}, TIMEOUT_MS);
afterAll(async () => {
  await db.close();
  await Promise.all([kafka.stop(), project.remove()]);
  await scratch.remove();
});

const makeSample = (to: string) =>
  createSampleTopic(
    { users: 8, from: '2018-10-01', to, partitions: 1 },
    { duplicates: 0.05, malformed: 0.02 },
  );

/** The month that the project is about, where it is at hand. */
async function readRealEvents(): Promise<readonly string[]> {
  if (!existsSync(data)) return [];
  const folder = path.join(data, 'log_data');
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.json')).sort();
  const texts = await Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
}

/** The lines by their users, with some of the others here and there. */
async function send(lines: readonly string[], poison: readonly (Buffer | null)[]): Promise<void> {
  const messages: OutgoingMessage[] = lines.map((line) => ({
    key: /"userId":"?(\d+)/.exec(line)?.[1] ?? '',
    value: Buffer.from(line),
  }));
  for (const [index, value] of poison.entries()) {
    const place = Math.floor(((index + 1) * lines.length) / (poison.length + 1));
    messages.splice(place, 0, { key: index % 2 === 0 ? null : `key ${String(index)}`, value });
  }
  const producer = await openProducer(kafka.connection);
  for (let from = 0; from < messages.length; from += 500)
    await producer.send(TOPIC, messages.slice(from, from + 500));
  await producer.close();
}

const ingest = (lake: string, more: Partial<KafkaIngestArgs> = {}) =>
  kafkaIngest({
    args: {
      connId: 'kafka', topic: TOPIC, sink: { kind: 'lake', lake: at(lake) }, batchMessages: 3_000, maxMessageBytes: MAX_MESSAGE_BYTES, ...more,
    },
    ctx: createTaskContext([kafka.connection]),
  }); // prettier-ignore

const deploy = (lake: string, ...more: readonly string[]): Promise<CliResult> =>
  project.run([
    'kafka', 'deploy-spark', '--local', '--lake', at(lake), '--dlq', `${TOPIC}.${lake}`, '--trigger', 'available-now',
    '--batch-messages', '3000', '--max-message-bytes', String(MAX_MESSAGE_BYTES), ...more,
  ]); // prettier-ignore

async function readPositions(lake: string): Promise<LakePositions> {
  return JSON.parse(await readFile(at(`${lake}/_positions/${TOPIC}.json`), 'utf8')) as LakePositions;
}

/** All that readers of a lake find: files with their rows, the schema, and the positions. */
async function readLake(lake: string): Promise<object> {
  const names = (await readdir(at(lake), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(at(lake), path.join(entry.parentPath, entry.name)))
    .sort();
  const days = path.join(at(lake), 'events/*/*.parquet');
  const rows = await db.rows(
    `SELECT * FROM read_parquet('${days}', hive_partitioning = true, hive_types = {'date': DATE})`,
  );
  const types = await db.rows(`DESCRIBE SELECT * FROM read_parquet('${days}', hive_partitioning = false)`);
  const schema = await readFile(at(`${lake}/events/_schema.json`), 'utf8');
  return { names, rows: comparable(rows), types, schema, positions: await readPositions(lake) };
}

/** Every dead letter; of what is no JSON, each parser says why in words of its own. */
async function readDeadLetters(topic: string): Promise<readonly object[]> {
  const found: object[] = [];
  for await (const { value, key, detail, ...letter } of readLetters(kafka.connection, topic)) {
    const said = letter.reason === 'invalid_json' ? {} : { detail };
    found.push({ ...letter, ...said, key: key?.toString('hex'), value: value?.toString('hex') });
  }
  const order = (letter: object): string => JSON.stringify(letter);
  return found.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** SIGKILLs the job while a batch after the first is being written. */
async function killInBatch(jobId: string, lake: string): Promise<void> {
  await until(async () => {
    const positions = await readPositions(lake).catch(() => undefined);
    return positions?.pending !== undefined && positions.counts.messages > 0;
  }, TIMEOUT_MS);
  const group = Number(await readFile(path.join(jobId, 'process'), 'utf8'));
  process.kill(-group, 'SIGKILL');
  await until(() => !isGroupAlive(group));
}

describe('a topic with copies, late events and bad messages', () => {
  test('is the same lake by Spark, killed in a batch and started again, as by the ingest', async () => {
    await ingest('ingested');
    const begun = await deploy('streamed', '--json');
    expect(begun).toMatchObject({ code: 0 });
    const { jobId, state } = JSON.parse(begun.stdout) as { readonly jobId: string; readonly state: string };
    expect(state).toBe('RUNNING');
    const twin = await deploy('streamed', '--json');
    expect(JSON.parse(twin.stdout)).toMatchObject({ jobId });
    await killInBatch(jobId, 'streamed');
    expect((await readPositions('streamed')).pending).toBeDefined();
    expect(await deploy('streamed', '--wait')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is SUCCEEDED'),
    });

    expect(await readLake('streamed')).toEqual(await readLake('ingested'));
    const letters = await readDeadLetters(`${TOPIC}.dlq`);
    expect(await readDeadLetters(`${TOPIC}.streamed`)).toEqual(letters);
    const reasons = new Set(letters.map((letter) => (letter as { readonly reason: string }).reason));
    expect([...reasons].sort((a, b) => a.localeCompare(b))).toEqual(REASONS);
    expect((await readPositions('streamed')).counts.duplicates).toBeGreaterThan(100);
  }, 900_000);

  test('goes on by the ingest where Spark stopped, and by Spark where the ingest was killed', async () => {
    await ingest('begun', { maxMessages: 3_000 });
    await cp(at('begun'), at('before'), { recursive: true });
    await ingest('begun', { maxMessages: 3_000 });
    // as the ingest is found that died when it had put some of the days of its second batch in place
    const [before, after] = [await readPositions('before'), await readPositions('begun')];
    const [touched = ''] = await readdir(at('begun/events'));
    await cp(at(`before/events/${touched}`), at(`begun/events/${touched}`), { recursive: true });
    const counts = Object.fromEntries(
      Object.entries(after.counts).map(([name, count]) => [name, count - before.counts[name as keyof typeof before.counts]]),
    ); // prettier-ignore
    const pending = { ...before, pending: { next: after.next, counts } };
    await writeFile(at(`begun/_positions/${TOPIC}.json`), JSON.stringify(pending));
    expect(await deploy('begun', '--wait')).toMatchObject({ code: 0 });
    const whole = await readLake('ingested');
    expect(await readLake('begun')).toEqual(whole);

    await send([...makeSample('2018-10-13').lines.flat(), ...SPECIAL.slice(0, 2)], []); // most is known
    for (const lake of ['ingested', 'streamed', 'begun']) await ingest(lake);
    const more = await readLake('ingested');
    expect(more).not.toEqual(whole);
    expect(await readLake('streamed')).toEqual(more);
    expect(await readLake('begun')).toEqual(more);
    const check = { args: { topic: TOPIC, lake: at('streamed') }, ctx: createTaskContext([]) };
    expect(await checkIngestedLake(check)).toMatchObject({ deadLetters: expect.any(Number) });
  }, 900_000);

  test('is refused when the lake has got more of it than there is, and the lake stays as it was', async () => {
    await mkdir(at('other/_positions'), { recursive: true });
    const counts = { messages: 1_000_000, written: 1_000_000, duplicates: 0, deadLetters: 0 };
    const positions = JSON.stringify({ topic: TOPIC, next: { 1: 1_000_000 }, counts });
    await writeFile(at(`other/_positions/${TOPIC}.json`), positions);
    const { code, stderr } = await deploy('other', '--wait');
    expect(code).toBe(1);
    expect(stderr).toMatch(/partition 1 of topic events is to be read on at offset 1000000, and ends at \d+/);
    expect(await readFile(at(`other/_positions/${TOPIC}.json`), 'utf8')).toBe(positions);
    expect(await readdir(at('other'))).toEqual(['_positions', '_staging']);
  }, 300_000);
});
