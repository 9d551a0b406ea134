/** `airtempo kafka produce` and what it is made of: against a real broker, killed at the worst moment. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { createFileSource } from '../../../connections/copy/file-source.js';
import { readMessages, type KafkaMessage } from '../../../connections/kafka/messages.js';
import { readLines } from '../../../connections/kafka/produce/lines.js';
import { createMessageMaker } from '../../../connections/kafka/produce/message.js';
import { createPace } from '../../../connections/kafka/produce/pace.js';
import { readPartitions } from '../../../connections/kafka/topics.js';
import { createCliProject, type CliProject } from '../../support/cli.js';
import { until } from '../../support/engine.js';
import { startTestKafka, type TestKafka } from '../../support/kafka.js';

let kafka: TestKafka;
let project: CliProject;
beforeAll(async () => {
  kafka = await startTestKafka();
  project = await createCliProject({ AIRTEMPO_CONN_K: `kafka://${brokers()}` });
});
afterAll(() => Promise.all([kafka.stop(), project.remove()]));

const brokers = (): string => `127.0.0.1:${String(kafka.connection.port)}`;
const produce = (...args: readonly string[]): readonly string[] => [
  'kafka',
  'produce',
  '--brokers',
  brokers(),
  ...args,
];
const event = (n: number): string =>
  `{"ts":${String(1_538_352_000_000 + n * 1000)},"userId":"${String(n % 40)}","n":${String(n)}}`;
const events = (count: number): string => Array.from({ length: count }, (_, n) => event(n)).join('\n');

async function readAll(topic: string): Promise<readonly KafkaMessage[]> {
  const partitions = await readPartitions(kafka.connection, topic);
  const spans = partitions.map(({ partition, low, high }) => ({ partition, from: low, to: high }));
  const all: KafkaMessage[] = [];
  for await (const { messages } of readMessages(kafka.connection, topic, spans)) all.push(...messages);
  return all;
}
const values = (messages: readonly KafkaMessage[]): readonly string[] =>
  messages.map(({ value }) => value?.toString('latin1') ?? '').toSorted();
const count = async (topic: string): Promise<number> =>
  (await readPartitions(kafka.connection, topic).catch(() => [])).reduce(
    (sum, { low, high }) => sum + high - low,
    0,
  );

describe('kafka produce', () => {
  test('sends every line as it is, a user to one partition, and tells how many are no JSON', async () => {
    await mkdir(path.join(project.dir, 'lines'));
    const strange = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]); // not UTF-8
    await writeFile(path.join(project.dir, 'lines/a.json.gz'), gzipSync(`${event(1)}\r\n\n${event(2)}`));
    await writeFile(
      path.join(project.dir, 'lines/b.json'),
      Buffer.concat([Buffer.from('{"ts":1\n'), strange]),
    );
    await writeFile(path.join(project.dir, 'lines/a.manifest.json'), '{}');
    const done = await project.run(
      produce('--file', 'lines', '--topic', 'lines', '--partitions', '5', '--json'),
    );
    expect(done).toMatchObject({ code: 0 });
    expect(JSON.parse(done.stdout)).toEqual({
      topic: 'lines',
      source: 'lines',
      sent: 4,
      skipped: 0,
      notJson: 2,
    });
    const all = await readAll('lines');
    expect(values(all)).toEqual([event(1), event(2), '{"ts":1', strange.toString('latin1')].toSorted());
    expect(all.find(({ value }) => value?.toString() === event(2))?.key?.toString()).toBe('2');
    expect(await readPartitions(kafka.connection, 'lines')).toHaveLength(5);
  });

  test('goes on after SIGKILL and after Ctrl-C where it was, with nothing lost and nothing twice', async () => {
    const total = 6_000;
    await writeFile(path.join(project.dir, 'many.json'), events(total));
    const args = produce('--file', 'many.json', '--topic', 'many', '--resume');
    const killed = project.start([...args, '--rate', '1500']);
    await until(async () => (await count('many')) > 1_000);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const stopped = project.start([...args, '--rate', '1500']);
    const before = await count('many');
    await until(async () => (await count('many')) > before + 500);
    stopped.child.kill('SIGINT');
    expect(await stopped.ended).toMatchObject({ code: 130 });
    expect(await count('many')).toBeLessThan(total);
    const last = await project.run([...args, '--json']);
    expect(last).toMatchObject({ code: 0 });
    const { sent, skipped } = JSON.parse(last.stdout) as { readonly sent: number; readonly skipped: number };
    expect(sent + skipped).toBe(total);
    expect(values(await readAll('many'))).toEqual(events(total).split('\n').toSorted());
    expect(JSON.parse((await project.run([...args, '--json'])).stdout)).toMatchObject({
      sent: 0,
      skipped: total,
    });
  });

  test('goes on with the latest sending when a source was sent twice', async () => {
    const total = 3_000;
    await writeFile(path.join(project.dir, 'twice.json'), events(total));
    const args = produce('--file', 'twice.json', '--topic', 'twice', '--json');
    expect(await project.run(args)).toMatchObject({ code: 0 });
    const second = project.start([...args, '--rate', '800']);
    await until(async () => (await count('twice')) > total + 300);
    second.child.kill('SIGKILL');
    await second.ended;
    expect(await project.run([...args, '--resume'])).toMatchObject({ code: 0 });
    expect(await count('twice')).toBe(2 * total);
  });

  test('is where generated events may go', async () => {
    const done = await project.run([
      'data',
      'generate',
      '--out',
      'kafka://made',
      '--users',
      '3',
      '--json',
      '--conn-id',
      'k',
    ]);
    expect(done).toMatchObject({ code: 0 });
    expect(await readAll('made')).toHaveLength((JSON.parse(done.stdout) as { readonly rows: number }).rows);
  });

  test('has no dead letters before an ingest has sent any, and says so; a topic that is not there is an error', async () => {
    const dlq = (topic: string) => project.run(['kafka', 'dlq', 'list', topic, '--conn-id', 'k', '--json']);
    expect(await dlq('lines')).toMatchObject({ code: 0, stdout: '[]\n' });
    expect(await dlq('nowhere')).toMatchObject({
      stderr: expect.stringContaining('There is no topic nowhere'),
    });
    const replay = await project.run(['kafka', 'dlq', 'replay', 'lines', '--conn-id', 'k', '--json']);
    expect(JSON.parse(replay.stdout)).toEqual({ replayed: 0, cut: 0 });
  });

  test.each([
    [['--file', 'none.json'], 'There is no file or folder none.json'],
    [['--file', '.', '--topic', 'a b'], 'no name of a topic'],
    [['--file', '.', '--rate', '-1'], '--rate -1'],
    [['--file', '.', '--rate', '1', '--interval', '1'], 'Give one of'],
    [['--file', '.', '--loop', '--resume'], 'a loop has no end'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await project.run(produce(...args));
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });
});

test('lines are whole wherever a file is cut into chunks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ minLength: 1 }).filter((text) => !/[\r\n]/.test(text))), fc.integer({ min: 1, max: 7 }), async (lines, size) => {
      const bytes = Buffer.from(lines.join('\n'));
      const open = async function* (): AsyncGenerator<Buffer> {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      };
      const source = { ...createFileSource({ from: '.', manifest: false }), files: async function* () { yield { name: 'x.json', open }; } };
      const found: string[] = [];
      for await (const line of readLines(source)) found.push(line.toString());
      expect(found).toEqual(lines);
    }),
    { numRuns: 60 },
  );
}); // prettier-ignore

describe('a pace', () => {
  test('is due by interval, rate, or the times of the events', () => {
    const due = (
      pace: Parameters<typeof createPace>[0],
      times: readonly (number | undefined)[],
    ): readonly number[] => {
      const at = createPace(pace);
      return times.map((time, index) => at(index, time));
    };
    const times = [5_000, 65_000, 35_000, undefined, 125_000];
    expect(due({ kind: 'fast' }, times)).toEqual([0, 0, 0, 0, 0]);
    expect(due({ kind: 'interval', seconds: 0.5 }, times)).toEqual([0, 500, 1_000, 1_500, 2_000]);
    expect(due({ kind: 'rate', perSecond: 4 }, times)).toEqual([0, 250, 500, 750, 1_000]);
    expect(due({ kind: 'speedup', factor: 60 }, times)).toEqual([0, 1_000, 1_000, 1_000, 2_000]);
    const looped = createPace({ kind: 'speedup', factor: 60 });
    expect([looped(0, 0), looped(1, 60_000), looped(2, 0, true), looped(3, 60_000)]).toEqual([
      0, 1_000, 1_000, 2_000,
    ]);
  });
});

test('a line goes to the same partition every time, and a user to one', () => {
  const make = createMessageMaker('t', 4);
  const partitions = (userId: string | number) => Array.from({ length: 5 }, (_, line) => make(Buffer.from(JSON.stringify({ userId })), { source: 's', sending: '', line }).partition);
  for (const user of ['a', 7, 'ä']) expect(new Set(partitions(user)).size).toBe(1);
  expect(partitions('')).toEqual([0, 1, 2, 3, 0]);
}); // prettier-ignore
