/** Sends events to Kafka all the time, some of them twice, and messages that are none in between; and remembers what was acknowledged. */
import { setTimeout as delay } from 'node:timers/promises';
import { openProducer, type MessageProducer } from '../connections/kafka/producer.js';
import type { Connection } from '../core/connection.js';
import { insist } from './insist.js';

export const TOPIC = 'events';

/** What is in the topic, however often each was sent. */
export interface Sent {
  /** Lines of events, each once. */
  readonly events: readonly string[];
  /** What is to be a dead letter: each is another one. */
  readonly poison: readonly Buffer[];
  /** Messages sent twice on purpose. */
  readonly duplicates: number;
}

export interface Sending {
  readonly sent: () => Sent;
  /** Resolves when `stop` is aborted and the last batch is acknowledged. */
  readonly ended: Promise<void>;
}

const BATCH = 15;
const PAUSE_MS = 400;
const DUPLICATE_EVERY = 17;
const POISON_EVERY = 31;

/** No JSON, no object, no time, no UTF-8. */
const POISONS: readonly ((number: number) => Buffer)[] = [
  (number) => Buffer.from(`{"page":"NextSong","sessionId":${String(number)},`),
  (number) => Buffer.from(`[${String(number)}]`),
  (number) => Buffer.from(`{"page":"Home","sessionId":${String(number)}}`),
  (number) => Buffer.concat([Buffer.from(`{"page":"${String(number)}`), Buffer.from([0xff, 0xfe])]),
];

/** Begins to send the lines in order, until there is none or `stop` is aborted. */
export function startSending(
  connection: Connection,
  lines: readonly string[],
  { stop, signal }: { readonly stop: AbortSignal; readonly signal: AbortSignal },
): Sending {
  const events: string[] = [];
  const poison: Buffer[] = [];
  let duplicates = 0;
  let producer: MessageProducer | undefined;

  /** A failed batch is sent again, whether or not it arrived. */
  async function send(values: readonly Buffer[]): Promise<void> {
    const messages = values.map((value, index) => ({ key: String(index), value }));
    await insist(async () => {
      try {
        producer ??= await openProducer(connection, { retries: 3 });
        await producer.send(TOPIC, messages);
      } catch (error) {
        const former = producer;
        producer = undefined;
        await former?.close().catch(() => undefined);
        throw error;
      }
    }, signal);
  }

  function compose(at: number): {
    readonly values: readonly Buffer[];
    readonly copies: number;
    readonly bad: readonly Buffer[];
  } {
    const batch = lines.slice(at, at + BATCH);
    const copies = batch.filter((_, index) => (at + index) % DUPLICATE_EVERY === 0);
    const bad = batch.flatMap((_, index) => {
      const number = at + index;
      return number % POISON_EVERY === 0
        ? [(POISONS[number % POISONS.length] as (n: number) => Buffer)(number)]
        : [];
    });
    return {
      values: [...[...batch, ...copies].map((line) => Buffer.from(line)), ...bad],
      copies: copies.length,
      bad,
    };
  }

  async function run(): Promise<void> {
    for (let at = 0; at < lines.length && !stop.aborted; at += BATCH) {
      const { values, copies, bad } = compose(at);
      await send(values);
      events.push(...lines.slice(at, at + BATCH));
      poison.push(...bad);
      duplicates += copies;
      await delay(PAUSE_MS, undefined, { signal });
    }
    await producer?.close().catch(() => undefined);
  }
  const ended = run();
  ended.catch(() => undefined); // whoever waits for it is told
  return { sent: () => ({ events, poison, duplicates }), ended };
}
