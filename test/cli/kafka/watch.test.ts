/** `airtempo kafka watch` as a person runs it, on a real broker, a real Postgres and a lake. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import path from 'node:path';
import { kafkaIngest } from '../../../activities/kafka-ingest.js';
import type { IngestSink } from '../../../activities/kafka/ingest-args.js';
import { openProducer } from '../../../connections/kafka/producer.js';
import { ensureTopic, withAdmin } from '../../../connections/kafka/topics.js';
import type { Connection } from '../../../core/connection.js';
import { createSampleTopic } from '../../activities/kafka/support/sample-topic.js';
import { createCliProject, type CliProject } from '../../support/cli.js';
import { until } from '../../support/engine.js';
import { startTestKafka, type TestKafka } from '../../support/kafka.js';
import { createTestDatabase, type TestDatabase } from '../../support/services.js';
import { createTaskContext } from '../../support/task-context.js';

const TOPIC = 'watched';
const sample = createSampleTopic(
  { users: 12, from: '2018-10-01', to: '2018-10-11', partitions: 3 },
  { duplicates: 0.05, malformed: 0.02 },
);
const INGESTED = 200;

let kafka: TestKafka;
let database: TestDatabase;
let project: CliProject;
let lake: string;
beforeAll(async () => {
  [kafka, database] = await Promise.all([startTestKafka(), createTestDatabase('watch')]);
  const { host = '', port = 0 } = kafka.connection;
  const { type, host: server, port: serverPort, login, password, schema, extra } = database.connection;
  const postgres = { conn_type: type, host: server, port: serverPort, login, password, schema, extra };
  project = await createCliProject({
    AIRTEMPO_CONN_KAFKA: `kafka://${host}:${String(port)}`,
    AIRTEMPO_CONN_POSTGRES: JSON.stringify(postgres),
  });
  lake = path.join(project.dir, 'lake');
  await send(sample.lines);
});
afterAll(async () => {
  await project.remove();
  await Promise.all([kafka.stop(), database.drop()]);
});

async function send(lines: readonly (readonly string[])[]): Promise<void> {
  await ensureTopic(kafka.connection, TOPIC, 3);
  const producer = await openProducer(kafka.connection);
  for (const [partition, values] of lines.entries()) {
    await producer.send(
      TOPIC,
      values.map((value) => ({ key: null, value: Buffer.from(value), partition })),
    );
  }
  await producer.close();
}

async function ingest(sink: IngestSink): Promise<void> {
  const connections: readonly Connection[] = [kafka.connection, { ...database.connection, id: 'postgres' }];
  const args = { connId: 'kafka', topic: TOPIC, sink, maxMessages: INGESTED };
  await kafkaIngest({ args, ctx: createTaskContext(connections) });
}

interface Refresh {
  readonly messages: number;
  readonly plays: number;
  readonly malformed: number;
  readonly activeUsers: number;
  readonly missedPlays: number;
  readonly lag: Readonly<Record<string, number>>;
  readonly partitions: readonly { readonly partition: number; readonly end: number }[];
  readonly topSongs: readonly { readonly artist: string; readonly song: string; readonly plays: number }[];
}

const parse = (output: string): readonly Refresh[] =>
  output
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Refresh);

/** Watches until a refresh is as wanted, then stops it with Ctrl-C. */
async function watchUntil(
  args: readonly string[],
  isWanted: (refresh: Refresh) => boolean,
): Promise<Refresh> {
  const watch = project.start(['kafka', 'watch', '--topic', TOPIC, '--json', '--interval', '0.2', ...args]);
  const find = (): Refresh | undefined => parse(watch.output()).findLast(isWanted);
  await until(() => find() !== undefined || watch.child.exitCode !== null);
  watch.child.kill('SIGINT');
  expect(await watch.ended).toMatchObject({ code: 0, stderr: '' });
  const found = find();
  if (found === undefined) throw new Error(`never seen: ${watch.output()}`);
  return found;
}

/** Counted by themselves: with JSON.parse alone. */
function countSample(): {
  readonly users: Set<unknown>;
  readonly songs: Map<string, number>;
  readonly plays: number;
} {
  const [users, songs] = [new Set<unknown>(), new Map<string, number>()];
  let plays = 0;
  for (const line of sample.lines.flat().filter((text) => text.endsWith('}'))) {
    const { userId, page, song, artist } = JSON.parse(line) as Readonly<Record<string, string>>;
    if (userId !== undefined && userId !== '') users.add(userId);
    if (page !== 'NextSong') continue;
    plays += 1;
    const key = JSON.stringify([artist, song]);
    songs.set(key, (songs.get(key) ?? 0) + 1);
  }
  return { users, songs, plays };
}

const listGroups = (): Promise<readonly string[]> =>
  withAdmin(kafka.connection, 'Listing groups', async (admin) =>
    (await admin.listGroups()).groups.map(({ groupId }) => groupId),
  );

test('counts what is in the topic, finds the lag of both sinks, and leaves no trace', async () => {
  await ingest({ kind: 'warehouse', connId: 'postgres' });
  await ingest({ kind: 'lake', lake });
  const positions = (): Promise<unknown> =>
    database.session.query('SELECT * FROM kafka_positions ORDER BY kafka_partition').then(({ rows }) => rows);
  const [groups, before] = [await listGroups(), await positions()];

  const seen = await watchUntil(
    ['--from-beginning', '--lake', lake],
    ({ messages }) => messages >= sample.messages,
  );

  const { users, songs, plays } = countSample();
  expect(seen).toMatchObject({
    messages: sample.messages,
    malformed: sample.broken,
    activeUsers: users.size,
    plays,
    missedPlays: 0,
    lag: { warehouse: sample.messages - INGESTED, lake: sample.messages - INGESTED },
  });
  expect(seen.partitions.map(({ end }) => end)).toEqual(sample.lines.map(({ length }) => length));
  const most = [...songs.values()].sort((a, b) => b - a).slice(0, 5);
  expect(seen.topSongs.map((each) => each.plays)).toEqual(most);
  for (const { artist, song, plays } of seen.topSongs)
    expect(songs.get(JSON.stringify([artist, song]))).toBe(plays);
  expect(await listGroups()).toEqual(groups);
  expect(await positions()).toEqual(before);
});

test('begins at the end of the topic, and sees what comes from then on', async () => {
  let sent: Promise<void> | undefined;
  const seen = await watchUntil([], ({ messages }) => {
    sent ??= send([['{'], ['{'], ['{', '{']]);
    return messages >= 4;
  });
  await sent;
  expect(seen).toMatchObject({ messages: 4, malformed: 4 });
});

test('elsewhere than in a terminal it is a line a refresh, and ends when it is told to', async () => {
  const args = ['kafka', 'watch', '--topic', TOPIC, '--interval', '0.2'];
  const result = await project.run([...args, '--count', '3', '--warehouse', 'postgres']);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  const lines = result.stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(line).toMatch(/messages\/s {2}0 seen .* lag warehouse [\d,]+$/);
  expect((await project.run([...args, '--for', '1s'])).code).toBe(0);
});

test('says what is wrong: no such topic, no such warehouse, no number', async () => {
  const wrong = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await project.run(['kafka', 'watch', '--count', '1', ...args]);
    expect(code).not.toBe(0);
    return stderr;
  };
  expect(await wrong('--topic', 'absent')).toContain('SOURCE_NOT_FOUND');
  expect(await wrong('--topic', TOPIC, '--warehouse', 'absent')).toContain('CONNECTION_NOT_FOUND');
  expect(await wrong('--topic', TOPIC, '--interval', 'often')).toContain('--interval often');
  expect(await wrong('--topic', TOPIC, '--window', '2d')).toContain('--window 2d');
});
