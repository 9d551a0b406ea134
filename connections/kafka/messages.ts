/**
 * Reads spans of a topic's partitions, from given offsets to given offsets. Where to begin is the caller's to know, who keeps it
 * with what became of the messages; the brokers' own record of a group is used only to survive a broker's restart.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import { createKafkaClient, type KafkaClientOptions } from './client.js';
import { explainKafkaError } from './errors.js';
import { readPartitions, type PartitionRange } from './topics.js';

/** Offsets of one partition, half-open. */
export interface OffsetSpan {
  readonly partition: number;
  readonly from: number;
  /** Infinity: what is to come, too, until the reading is stopped. */
  readonly to: number;
}

export interface KafkaMessage {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
  readonly timestampMs: number;
}

/** Messages of one partition that follow each other. Offsets may be left out: compacted, or the marks of transactions. */
export interface MessageBatch {
  readonly partition: number;
  readonly messages: readonly KafkaMessage[];
  /** Where to go on; everything before it has been seen. */
  readonly next: number;
}

export interface ReadMessagesOptions extends KafkaClientOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Of one fetch, before decompression; with gzip some ten times as much is held, two fetches at most. */
const FETCH_BYTES = 4 * 2 ** 20;
/** Small, so that few messages are objects at once: of a megabyte most would live long enough to cost the garbage collector twice. */
const PARTITION_BYTES = 256 * 1024;

/**
 * The messages of the spans, batch after batch, in order within a partition and each once. The next batch is fetched while one is
 * worked on, and no more.
 * @throws AirtempoError OFFSETS_GONE when a span begins before what the topic holds still, or after its end;
 *   SOURCE_NOT_FOUND, ACCESS_DENIED, CONNECTION_REFUSED, KAFKA_UNAVAILABLE; the signal's reason
 */
export async function* readMessages(
  connection: Connection,
  topic: string,
  spans: readonly OffsetSpan[],
  options: ReadMessagesOptions = {},
): AsyncGenerator<MessageBatch> {
  const partitions = await readPartitions(connection, topic);
  for (const span of spans) refuseGone(topic, span, partitions);
  const wanted = spans.filter(({ from, to }) => from < to);
  if (wanted.length === 0) return;
  const client = await createKafkaClient(connection, options);
  const lookAgain = async (span: OffsetSpan): Promise<void> =>
    refuseGone(topic, span, await readPartitions(connection, topic));
  const reader = new SpanReader(client, topic, wanted, lookAgain);
  try {
    yield* reader.read(partitions, options.signal);
  } catch (error) {
    throw explainKafkaError(connection, `Reading the topic ${topic}`, error);
  } finally {
    await reader.close();
  }
}

function refuseGone(
  topic: string,
  { partition, from }: OffsetSpan,
  partitions: readonly PartitionRange[],
): void {
  const found = partitions.find((one) => one.partition === partition);
  if (found !== undefined && found.low <= from && from <= found.high) return;
  const holds =
    found === undefined ? 'is not there' : `holds the offsets ${String(found.low)} to ${String(found.high)}`;
  throw new AirtempoError(
    'OFFSETS_GONE',
    `Offset ${String(from)} of ${topic}, partition ${String(partition)}, cannot be read: the partition ${holds}. Its messages were ` +
      'deleted before they were read, or the topic was made anew. To go on with what there is, set the position to one of these offsets.',
  );
}

/** A group of one member that nobody else uses, so that it is given all partitions. */
class SpanReader {
  readonly #client: Kafka;
  readonly #topic: string;
  readonly #groupId = `airtempo-${randomUUID()}`;
  readonly #consumer: Consumer;
  readonly #ends: ReadonlyMap<number, number>;
  /** Of the partitions that are not at their end. */
  readonly #positions: Map<number, number>;
  /** Holds one batch: the reader waits for whoever works on them. */
  readonly #batches = new PassThrough({ objectMode: true, highWaterMark: 1 });
  readonly #closing = new AbortController();
  /** Throws when the partition does not hold the beginning of the span any more. */
  readonly #lookAgain: (span: OffsetSpan) => Promise<void>;

  constructor(
    client: Kafka,
    topic: string,
    spans: readonly OffsetSpan[],
    lookAgain: (span: OffsetSpan) => Promise<void>,
  ) {
    this.#lookAgain = lookAgain;
    this.#client = client;
    this.#topic = topic;
    this.#ends = new Map(spans.map(({ partition, to }) => [partition, to]));
    this.#positions = new Map(spans.map(({ partition, from }) => [partition, from]));
    this.#consumer = client.consumer({
      groupId: this.#groupId,
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: 500,
      sessionTimeout: 10_000,
      heartbeatInterval: 1_000,
      maxBytes: FETCH_BYTES,
      maxBytesPerPartition: PARTITION_BYTES,
    });
  }

  async *read(
    partitions: readonly PartitionRange[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<MessageBatch> {
    const stop = (): void => void this.#batches.destroy(signal?.reason as Error);
    signal?.throwIfAborted();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await this.#start(partitions);
      for await (const batch of this.#batches) yield batch as MessageBatch;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#batches.destroy();
    await this.#consumer.disconnect().catch(() => undefined);
    await this.#forgetGroup().catch(() => undefined); // it would be forgotten after a week
  }

  async #forgetGroup(): Promise<void> {
    const admin = this.#client.admin({ retry: { retries: 2 } });
    try {
      await admin.connect();
      await admin.deleteGroups([this.#groupId]);
    } finally {
      await admin.disconnect();
    }
  }

  async #start(partitions: readonly PartitionRange[]): Promise<void> {
    const { CRASH, END_BATCH_PROCESS, GROUP_JOIN } = this.#consumer.events;
    this.#consumer.on(CRASH, ({ payload: { error, restart } }) => {
      if (!restart) this.#batches.destroy(error);
    });
    // also of batches that hold nothing but the marks of transactions, which nobody is shown
    this.#consumer.on(END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
      this.#advance(partition, Number(lastOffset) + 1);
    });
    await this.#consumer.connect();
    // where the position is gone the client jumps, silently: to the first message there is, which is seen below
    await this.#consumer.subscribe({ topic: this.#topic, fromBeginning: true });
    // `run` resolves, too, when joining has failed and is to be tried again: as with the first group of a fresh broker
    const joined = new Promise<void>((resolve, reject) => {
      this.#consumer.on(GROUP_JOIN, () => resolve());
      this.#batches.once('error', reject);
    });
    await Promise.all([this.#consumer.run({ eachBatch: (payload) => this.#take(payload) }), joined]);
    await this.#beginAt(partitions);
  }

  /**
   * Also tells the group, whose member begins there when it has lost its place, as in a broker's restart; what it is shown again
   * is dropped.
   */
  async #beginAt(partitions: readonly PartitionRange[]): Promise<void> {
    const offsets = partitions.map(({ partition, high }) => ({
      topic: this.#topic,
      partition,
      offset: String(this.#positions.get(partition) ?? high),
    }));
    for (const offset of offsets) this.#consumer.seek(offset);
    await this.#consumer.commitOffsets(offsets);
  }

  async #take(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const { partition } = batch;
    const [position, end] = [this.#positions.get(partition), this.#ends.get(partition)];
    if (position === undefined || end === undefined) return this.#pause(partition);
    if (Number(batch.firstOffset()) > position) await this.#checkGap({ partition, from: position, to: end });
    const messages = batch.messages
      .map((message) => new ReceivedMessage(partition, message))
      .filter(({ offset }) => offset >= position && offset < end); // some come again after a restart
    const next = Math.min(end, Number(batch.lastOffset()) + 1);
    if (messages.length > 0 && !this.#batches.write({ partition, messages, next }))
      await this.#waitForRoom(() => payload.heartbeat());
  }

  /** Between two messages offsets may be missing by right; not because they were deleted meanwhile. */
  async #checkGap(span: OffsetSpan): Promise<void> {
    await this.#lookAgain(span).catch((error: Error) => void this.#batches.destroy(error));
  }

  /** The group's session goes on while somebody works on the batch before. */
  async #waitForRoom(heartbeat: () => Promise<void>): Promise<void> {
    const beat = setInterval(() => void heartbeat().catch(() => undefined), 1_000);
    try {
      await once(this.#batches, 'drain', { signal: this.#closing.signal });
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    } finally {
      clearInterval(beat);
    }
  }

  #advance(partition: number, next: number): void {
    const position = this.#positions.get(partition);
    if (position === undefined || next <= position) return;
    this.#positions.set(partition, next);
    if (next < (this.#ends.get(partition) ?? 0)) return;
    this.#positions.delete(partition);
    this.#pause(partition);
    if (this.#positions.size === 0) this.#batches.end();
  }

  #pause(partition: number): void {
    this.#consumer.pause([{ topic: this.#topic, partitions: [partition] }]);
  }
}

type RawMessage = EachBatchPayload['batch']['messages'][number];

/** Its headers are read when they are asked for: few readers do. */
class ReceivedMessage implements KafkaMessage {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
  readonly #headers: RawMessage['headers'];

  constructor(partition: number, { offset, key, value, timestamp, headers }: RawMessage) {
    this.partition = partition;
    this.offset = Number(offset);
    this.key = key;
    this.value = value;
    this.timestampMs = Number(timestamp);
    this.#headers = headers;
  }

  /** A header may be there several times: the last one counts. */
  get headers(): Readonly<Record<string, Buffer>> {
    return Object.fromEntries(
      Object.entries(this.#headers ?? {}).flatMap(([name, value]) => {
        const last = Array.isArray(value) ? value.at(-1) : value;
        return last === undefined ? [] : [[name, Buffer.from(last)]];
      }),
    );
  }
}
