/**
 * From a topic into one sink, batch by batch, until the end that the topic had at the start or a bound is met. The sink's own
 * positions say where to go on; when another ingest has moved them, this one goes on from there. It knows neither Kafka's client nor the sink's.
 */
import { AirtempoError } from '../../core/errors.js';
import {
  addCounts,
  BatchBuilder,
  NO_COUNTS,
  type Batch,
  type BatchLimits,
  type Counts,
  type Positions,
} from './batch.js';
import type { DeadLetter } from './dead-letter.js';
import { parseEvent } from './parse-event.js';
import type { EventSink } from './sink.js';

/** A message as it lies in a partition. */
export interface TopicMessage {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** The part of a partition to read: from an offset until before another. */
export interface TopicRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** What an ingest needs of Kafka. */
export interface TopicReader {
  /** Of each partition the first offset that is still there, and the one that the next message will have. */
  readBounds(): Promise<
    readonly { readonly partition: number; readonly first: number; readonly end: number }[]
  >;
  /** The messages of the ranges, those of a partition in order. */
  read(ranges: readonly TopicRange[]): AsyncIterable<readonly TopicMessage[]>;
  /** Resolves when the dead letters are safe. */
  sendDeadLetters(letters: readonly DeadLetter[]): Promise<void>;
}

export interface IngestOptions {
  readonly topic: string;
  readonly limits: BatchLimits;
  /** Of a message's value; more is a dead letter. */
  readonly maxMessageBytes: number;
  /** No further batch is begun after so many messages. */
  readonly maxMessages?: number | undefined;
  /** No further batch is begun after this moment, as `now` tells it. */
  readonly stopAtMs?: number | undefined;
  readonly now: () => number;
  /** Goes on at the first message there is when those where it should have gone on are gone. */
  readonly allowLoss: boolean;
  /** Reads the next batch while one is written: two are held then. Default false. */
  readonly readAhead?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onBatch?: ((progress: IngestResult) => void) | undefined;
}

export interface IngestResult extends Counts {
  readonly batches: number;
  /** Offsets that were gone before they were read. */
  readonly lost: number;
  /** Where each partition goes on. */
  readonly positions: Readonly<Record<string, number>>;
  /** Offsets that were there at the start and are still to be read. */
  readonly lag: number;
}

/** Throws OFFSETS_GONE when messages are gone that the sink has not got, and what the reader and the sink throw. */
export async function ingestTopic(
  reader: TopicReader,
  sink: EventSink,
  options: IngestOptions,
): Promise<IngestResult> {
  const ingest = new Ingest(reader, sink, options);
  while (await ingest.readOn()) options.signal.throwIfAborted();
  return ingest.result();
}

class Ingest {
  readonly #reader: TopicReader;
  readonly #sink: EventSink;
  readonly #options: IngestOptions;
  /** The end of each partition at the start. */
  #ends: Positions | undefined;
  #position: Positions = new Map();
  #counts: Counts = NO_COUNTS;
  /** Messages of the batches that are written, and of the one that is being written. */
  #taken = 0;
  /** Where the next batch begins. */
  #next: Positions = new Map();
  /** The latest batch: false when others have moved the positions. */
  #writing: Promise<boolean> = Promise.resolve(true);
  #batches = 0;
  #lost = 0;

  constructor(reader: TopicReader, sink: EventSink, options: IngestOptions) {
    this.#reader = reader;
    this.#sink = sink;
    this.#options = options;
  }

  /** Goes on from the sink's positions. False when there is no more to do; true when it has to look at them again. */
  async readOn(): Promise<boolean> {
    const { topic } = this.#options;
    const bounds = await this.#reader.readBounds();
    const { next, pending } = await this.#sink.readState(topic);
    this.#ends ??= new Map(bounds.map(({ partition, end }) => [partition, end]));
    const ranges: TopicRange[] = [];
    for (const bound of bounds) {
      const from = this.#findStart(bound, next.get(bound.partition));
      const to =
        pending?.get(bound.partition) ?? (pending === undefined ? this.#endOf(bound.partition) : from);
      ranges.push({ partition: bound.partition, from, to: Math.max(from, to) });
    }
    // where messages are lost a range begins behind the sink's position, which moves over the gap with the batch
    this.#position = new Map(ranges.map(({ partition, from }) => [partition, next.get(partition) ?? from]));
    const open = ranges.filter(({ partition, to }) => (this.#position.get(partition) ?? 0) < to);
    if (open.length === 0 || (pending === undefined && this.#isOver())) return false;
    const isWritten = await this.#readRanges(open, pending === undefined);
    return !isWritten || pending !== undefined;
  }

  result(): IngestResult {
    let lag = 0;
    for (const [partition, end] of this.#ends ?? []) {
      lag += Math.max(0, end - (this.#position.get(partition) ?? 0));
    }
    const positions = Object.fromEntries(this.#position);
    return { ...this.#counts, batches: this.#batches, lost: this.#lost, positions, lag };
  }

  /** Reads the ranges to their end, or a bound, batch by batch; in one batch unless it `cuts`. False when others have moved the positions. */
  async #readRanges(ranges: readonly TopicRange[], cuts: boolean): Promise<boolean> {
    const { limits, signal } = this.#options;
    this.#next = this.#position;
    this.#taken = this.#counts.messages;
    try {
      let batch = this.#begin();
      for await (const messages of this.#reader.read(ranges)) {
        signal.throwIfAborted();
        for (const message of messages) {
          batch.add(message);
          if (!cuts || !(batch.builder.isFull(limits) || this.#reachesLimit(batch))) continue;
          if (!(await this.#handOver(batch))) return false;
          if (this.#isOver()) return await this.#writing;
          batch = this.#begin();
        }
      }
      const ends = new Map(ranges.map(({ partition, to }) => [partition, to]));
      return (await this.#handOver(batch, ends)) && (await this.#writing);
    } finally {
      await this.#writing.catch(() => undefined);
      this.#writing = Promise.resolve(true);
    }
  }

  #begin(): OpenBatch {
    const { topic, maxMessageBytes } = this.#options;
    return new OpenBatch(new BatchBuilder(topic, this.#next, this.#sink.encode), topic, maxMessageBytes);
  }

  /** Has the batch written when the one before it is, and waits for it unless it reads ahead. False when others have moved the positions. */
  async #handOver({ builder, letters, messages }: OpenBatch, ends?: Positions): Promise<boolean> {
    const batch = builder.finish(ends);
    this.#next = new Map([...this.#next, ...batch.to]);
    if (!(await this.#writing)) return false;
    if (batch.to.size === 0) return true;
    this.#taken += messages;
    this.#writing = this.#write(batch, letters);
    this.#writing.catch(() => undefined); // whoever waits for it next is told
    return this.#options.readAhead === true ? true : this.#writing;
  }

  async #write(batch: Batch, letters: readonly DeadLetter[]): Promise<boolean> {
    if (letters.length > 0) await this.#reader.sendDeadLetters(letters);
    this.#options.signal.throwIfAborted();
    const counts = await this.#sink.write(batch);
    if (counts === undefined) return false;
    this.#counts = addCounts(this.#counts, counts);
    this.#batches += 1;
    this.#position = new Map([...this.#position, ...batch.to]);
    this.#options.onBatch?.(this.result());
    return true;
  }

  #isOver(): boolean {
    const { maxMessages, stopAtMs, now } = this.#options;
    return this.#taken >= (maxMessages ?? Infinity) || now() >= (stopAtMs ?? Infinity);
  }

  #reachesLimit({ messages }: OpenBatch): boolean {
    return this.#taken + messages >= (this.#options.maxMessages ?? Infinity);
  }

  #endOf(partition: number): number {
    return this.#ends?.get(partition) ?? 0;
  }

  #findStart(
    { partition, first, end }: { readonly partition: number; readonly first: number; readonly end: number },
    next = first,
  ): number {
    if (next >= first && next <= end) return next;
    const { topic, allowLoss } = this.#options;
    const where = `Partition ${String(partition)} of topic ${topic} is to be read on at offset ${String(next)}`;
    if (next > end) {
      throw new AirtempoError(
        'OFFSETS_GONE',
        `${where}, and ends at ${String(end)}: it was made anew, or has lost messages. Ingest it under another name, or remove the topic's positions from the sink to read it from its start.`,
      );
    }
    if (!allowLoss) {
      throw new AirtempoError(
        'OFFSETS_GONE',
        `${where}, and its messages before ${String(first)} are gone: the topic keeps them for less time than passed since the last ingest. Allow the loss with allowLoss, and let the topic keep messages longer.`,
      );
    }
    this.#lost += first - next;
    return first;
  }
}

/** A batch while messages are put into it. */
class OpenBatch {
  readonly builder: BatchBuilder;
  readonly letters: DeadLetter[] = [];
  messages = 0;
  readonly #topic: string;
  readonly #maxBytes: number;

  constructor(builder: BatchBuilder, topic: string, maxBytes: number) {
    this.builder = builder;
    this.#topic = topic;
    this.#maxBytes = maxBytes;
  }

  add(message: TopicMessage): void {
    this.messages += 1;
    const { partition, offset, timestampMs, key, value } = message;
    const bytes = value?.length ?? 0;
    const parsed = parseEvent(value, this.#maxBytes);
    if ('event' in parsed) return this.builder.addEvent(parsed, message, bytes);
    this.builder.addDeadLetter(message, bytes);
    this.letters.push({ ...parsed.problem, topic: this.#topic, partition, offset, timestampMs, key, value });
  }
}
