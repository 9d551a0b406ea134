/** Sending to and reading from a real broker, which is killed and started again. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createKafkaClient } from '../../../connections/kafka/client.js';
import { readMessages, type OffsetSpan } from '../../../connections/kafka/messages.js';
import { openProducer, type OutgoingMessage } from '../../../connections/kafka/producer.js';
import { ensureTopic, readPartitions } from '../../../connections/kafka/topics.js';
import { startTestKafka, type TestKafka } from '../../support/kafka.js';

let kafka: TestKafka;
beforeAll(async () => {
  kafka = await startTestKafka();
});
afterAll(() => kafka.stop());

const message = (number: number): OutgoingMessage => ({
  key: `user-${String(number % 50)}`,
  value: Buffer.from(`{"n":${String(number)},"pad":"${'x'.repeat(400)}"}`),
  headers: { number: String(number) },
});
const numbered = (from: number, to: number): OutgoingMessage[] =>
  Array.from({ length: to - from }, (_, index) => message(from + index));

async function produce(topic: string, count: number, partitions = 3): Promise<void> {
  await ensureTopic(kafka.connection, topic, partitions);
  const producer = await openProducer(kafka.connection);
  for (let at = 0; at < count; at += 1000)
    await producer.send(topic, numbered(at, Math.min(count, at + 1000)));
  await producer.close();
}

async function spansOf(topic: string): Promise<readonly OffsetSpan[]> {
  const partitions = await readPartitions(kafka.connection, topic);
  return partitions.map(({ partition, low, high }) => ({ partition, from: low, to: high }));
}

/** The numbers that were read, in order by partition. */
async function collect(
  topic: string,
  spans: readonly OffsetSpan[],
  seen: (total: number) => Promise<void> | void = () => undefined,
): Promise<readonly number[]> {
  const numbers: number[] = [];
  for await (const { messages } of readMessages(kafka.connection, topic, spans)) {
    numbers.push(...messages.map(({ headers }) => Number(headers['number']?.toString())));
    await seen(numbers.length);
  }
  return numbers;
}

const sorted = (numbers: readonly number[]): readonly number[] => numbers.toSorted((a, b) => a - b);
const upTo = (count: number): readonly number[] => [...Array(count).keys()];

describe('messages', () => {
  test('are read from offset to offset, each once, keys in order', async () => {
    await produce('plain', 5_000);
    const spans = await spansOf('plain');
    expect(spans).toHaveLength(3);
    const all = await collect('plain', spans);
    expect(sorted(all)).toEqual(upTo(5_000));
    for (const key of [0, 17, 49]) {
      const ofKey = all.filter((number) => number % 50 === key);
      expect(ofKey).toEqual(sorted(ofKey));
    }
    const halves = spans.map(({ partition, to }) => ({ partition, from: 0, to: Math.floor(to / 2) }));
    const rest = spans.map(({ partition, to }) => ({ partition, from: Math.floor(to / 2), to }));
    expect(sorted([...(await collect('plain', halves)), ...(await collect('plain', rest))])).toEqual(
      upTo(5_000),
    );
    expect(await collect('plain', [{ partition: 0, from: 7, to: 7 }])).toEqual([]);
  });

  test('without an end are read as they come, until the reading is stopped', async () => {
    await produce('endless', 100);
    const stop = new AbortController();
    const numbers: number[] = [];
    const spans = (await spansOf('endless')).map((span) => ({ ...span, to: Infinity }));
    const reading = (async () => {
      for await (const { messages } of readMessages(kafka.connection, 'endless', spans, {
        signal: stop.signal,
      })) {
        const before = numbers.length;
        numbers.push(...messages.map(({ headers }) => Number(headers['number']?.toString())));
        if (before < 100 && numbers.length >= 100) void produce('endless', 250);
        if (numbers.length === 350) stop.abort(new Error('seen all'));
      }
    })();
    await expect(reading).rejects.toThrow('seen all');
    expect(sorted(numbers)).toEqual(sorted([...upTo(100), ...upTo(250)]));
  });

  test('are lost and doubled by no death of the broker, on the way in and on the way out', async () => {
    const count = 30_000;
    await ensureTopic(kafka.connection, 'deadly');
    const producer = await openProducer(kafka.connection);
    let restarted: Promise<void> | undefined;
    for (let at = 0; at < count; at += 1_000) {
      if (at === 10_000) restarted = kafka.kill().then(() => kafka.restart());
      await producer.send('deadly', numbered(at, at + 1_000));
    }
    await restarted;
    await producer.close();
    const spans = await spansOf('deadly');
    expect(spans.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(count);
    let killed = false;
    const all = await collect('deadly', spans, async (total) => {
      if (killed || total < 5_000) return;
      killed = true;
      await kafka.kill();
      await kafka.restart();
    });
    expect(killed).toBe(true);
    expect(sorted(all)).toEqual(upTo(count));
  }, 300_000);

  test('of transactions are passed over when they were aborted, and their marks do not hold up the end', async () => {
    await ensureTopic(kafka.connection, 'transactions', 1);
    const client = await createKafkaClient(kafka.connection);
    const producer = client.producer({ transactionalId: 'tests', idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (const [from, to, ends] of [[0, 10, 'commit'], [10, 20, 'abort'], [20, 30, 'commit'], [30, 40, 'abort']] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: 'transactions', messages: numbered(from, to).map(({ value, headers }) => ({ value, headers: { ...headers } })) });
      await transaction[ends]();
    } // prettier-ignore
    await producer.disconnect();
    expect(await collect('transactions', await spansOf('transactions'))).toEqual([
      ...upTo(10),
      ...upTo(30).slice(20),
    ]);
  });

  test('that were deleted before they were read are an error, and so is a topic that was made anew', async () => {
    await produce('deleted', 100, 1);
    const admin = (await createKafkaClient(kafka.connection)).admin();
    await admin.connect();
    await admin.fetchTopicOffsets('deleted'); // or the client does not know who leads
    await admin.deleteTopicRecords({ topic: 'deleted', partitions: [{ partition: 0, offset: '40' }] });
    await admin.disconnect();
    await expect(collect('deleted', [{ partition: 0, from: 20, to: 100 }])).rejects.toMatchObject({
      code: 'OFFSETS_GONE',
      message: expect.stringContaining('holds the offsets 40 to 100'),
    });
    await expect(collect('deleted', [{ partition: 0, from: 200, to: 300 }])).rejects.toMatchObject({
      code: 'OFFSETS_GONE',
    });
    expect(await collect('deleted', [{ partition: 0, from: 40, to: 100 }])).toHaveLength(60);
  });

  test('stop when the reader is told to', async () => {
    await produce('stopped', 3_000);
    const stop = new AbortController();
    const reading = (async () => {
      for await (const batch of readMessages(kafka.connection, 'stopped', await spansOf('stopped'), {
        signal: stop.signal,
      })) {
        expect(batch.messages.length).toBeGreaterThan(0);
        stop.abort(new Error('enough'));
      }
    })();
    await expect(reading).rejects.toThrow('enough');
  });

  test('say what is wrong with where they come from', async () => {
    await expect(readPartitions(kafka.connection, 'nothing')).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
    });
    const nobody = { ...kafka.connection, port: 1 };
    const { pingKafka } = await import('../../../connections/kafka/ping.js');
    await expect(pingKafka(nobody)).rejects.toMatchObject({
      code: 'CONNECTION_REFUSED',
      message: expect.stringContaining('127.0.0.1:1 (connection "kafka")'),
    });
    expect(await pingKafka(kafka.connection)).toBe(true);
  });
});
