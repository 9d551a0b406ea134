/** Messages in a row that a sink takes at once, encoded as the sink wants them; an event that is in the batch already is counted, not kept. Pure. */
import { keyOf, type Event, type ParsedEvent } from './parse-event.js';

/** The next offset of each partition. */
export type Positions = ReadonlyMap<number, number>;

/** Where a message lies. */
export interface Place {
  readonly partition: number;
  readonly offset: number;
}

export interface BatchLimits {
  readonly messages: number;
  /** Of the messages' values. */
  readonly bytes: number;
}

/** What became of messages. */
export interface Counts {
  readonly messages: number;
  /** Rows that were new. */
  readonly written: number;
  /** Events that were there already, or twice in a batch. */
  readonly duplicates: number;
  readonly deadLetters: number;
}

export const NO_COUNTS: Counts = { messages: 0, written: 0, duplicates: 0, deadLetters: 0 };

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    messages: a.messages + b.messages,
    written: a.written + b.written,
    duplicates: a.duplicates + b.duplicates,
    deadLetters: a.deadLetters + b.deadLetters,
  };
}

/** The counts once it is known how many of the batch's rows were new. */
export function countBatch({ messages, deadLetters }: Batch, written: number): Counts {
  return { messages, deadLetters, written, duplicates: messages - deadLetters - written };
}

/** A batch that is complete: all messages of its partitions from `from` until before `to`. */
export interface Batch {
  readonly topic: string;
  readonly from: Positions;
  readonly to: Positions;
  /** The encoded rows, one after the other. */
  readonly chunks: readonly Buffer[];
  readonly rows: number;
  readonly messages: number;
  readonly deadLetters: number;
}

/** How a sink writes an event down; `isPlain` as `parseEvent` tells it. */
export type Encode = (event: Event, key: string, place: Place, isPlain: boolean) => string;

const CHUNK_BYTES = 256 * 1024;
/** Of one UTF-16 unit in UTF-8, at most. */
const UNIT_BYTES = 3;

export class BatchBuilder {
  readonly #topic: string;
  readonly #encode: Encode;
  readonly #from: Positions;
  readonly #to: Map<number, number>;
  readonly #keys = new Set<string>();
  readonly #chunks: Buffer[] = [];
  #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  #used = 0;
  #bytes = 0;
  #messages = 0;
  #deadLetters = 0;

  constructor(topic: string, from: Positions, encode: Encode) {
    this.#topic = topic;
    this.#encode = encode;
    this.#from = new Map(from);
    this.#to = new Map(from);
  }

  addEvent({ event, isPlain }: ParsedEvent, place: Place, bytes: number): void {
    this.#count(place, bytes);
    const key = keyOf(event);
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    this.#append(this.#encode(event, key, place, isPlain));
  }

  addDeadLetter(place: Place, bytes: number): void {
    this.#count(place, bytes);
    this.#deadLetters += 1;
  }

  isFull({ messages, bytes }: BatchLimits): boolean {
    return this.#messages >= messages || this.#bytes >= bytes;
  }

  /** `end`: where the partitions were read to, behind their last messages: markers of transactions have offsets too. */
  finish(end: Positions = new Map()): Batch {
    this.#closeChunk();
    for (const [partition, offset] of end) {
      if (offset > (this.#to.get(partition) ?? 0)) this.#to.set(partition, offset);
    }
    const moved = [...this.#to].filter(([partition, offset]) => this.#from.get(partition) !== offset);
    return {
      topic: this.#topic,
      from: new Map(moved.map(([partition]) => [partition, this.#from.get(partition) ?? 0])),
      to: new Map(moved),
      chunks: this.#chunks,
      rows: this.#keys.size,
      messages: this.#messages,
      deadLetters: this.#deadLetters,
    };
  }

  #count({ partition, offset }: Place, bytes: number): void {
    this.#to.set(partition, offset + 1);
    this.#messages += 1;
    this.#bytes += bytes;
  }

  #append(row: string): void {
    if (row.length * UNIT_BYTES > CHUNK_BYTES - this.#used) this.#closeChunk();
    if (row.length * UNIT_BYTES > CHUNK_BYTES) this.#chunks.push(Buffer.from(row, 'utf8'));
    else this.#used += this.#chunk.write(row, this.#used, 'utf8');
  }

  #closeChunk(): void {
    if (this.#used === 0) return;
    this.#chunks.push(this.#chunk.subarray(0, this.#used));
    this.#chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    this.#used = 0;
  }
}
