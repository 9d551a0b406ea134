/** Sends lines at a pace, in order, each once: what was acknowledged before is found in the topic and left out. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../../../core/connection.js';
import { openProducer, type MessageProducer } from '../producer.js';
import { ensureTopic, readPartitions } from '../topics.js';
import { findSending } from './last-lines.js';
import { createMessageMaker, nameSending, type LineMessage } from './message.js';
import { createPace, type Pace } from './pace.js';

export interface ProduceRequest {
  readonly topic: string;
  /** Of the topic, if it is to be made. Default 3. */
  readonly partitions?: number | undefined;
  /** What the lines are called, so that they are known again. */
  readonly source: string;
  readonly pace: Pace;
  /** Leaves out what an earlier producer of this source has sent. */
  readonly resume?: boolean | undefined;
  /** Begins again at the end, for ever. */
  readonly loop?: boolean | undefined;
}

export interface ProduceCounts {
  readonly sent: number;
  /** Left out, because they were there. */
  readonly skipped: number;
  /** Sent, and no JSON object. */
  readonly notJson: number;
}

export interface ProduceOptions {
  /** Ends in good order: what was taken is sent. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((counts: ProduceCounts) => void) | undefined;
}

const BATCH_MESSAGES = 1_000;
/** The brokers' own limit for a batch is a megabyte, if nobody has changed it. */
const BATCH_BYTES = 768 * 1024;
/** What a timer can hold. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;
/** Waits that are shorter are made together. */
const SHORT_WAIT_MS = 20;

/**
 * Sends all lines, and makes the topic if it is not there. `openLines` opens them at their beginning.
 * @throws AirtempoError those of openProducer and readMessages, and of the lines themselves
 */
export async function produceLines(
  connection: Connection,
  openLines: () => AsyncIterable<Buffer>,
  request: ProduceRequest,
  { signal, onProgress }: ProduceOptions = {},
): Promise<ProduceCounts> {
  const { topic, source, resume, loop } = request;
  await ensureTopic(connection, topic, request.partitions);
  const partitions = (await readPartitions(connection, topic)).length;
  const former = resume === true ? await findSending(connection, topic, source, signal) : undefined;
  const sending = former?.id ?? nameSending();
  const sender = new PacedSender(await openProducer(connection), topic, request.pace, onProgress);
  const make = createMessageMaker(topic, partitions);
  try {
    let line = 0;
    do {
      let beginsAnew = line > 0;
      for await (const value of openLines()) {
        if (signal?.aborted === true) break;
        line += 1;
        const message = make(value, { source, sending, line });
        if (line <= (former?.lastLines.get(message.partition) ?? 0)) sender.skip();
        else await sender.add(message, beginsAnew, signal);
        beginsAnew = false;
      }
    } while (loop === true && line > 0 && signal?.aborted !== true);
    await sender.flush();
    return sender.counts;
  } finally {
    await sender.close();
  }
}

/** Collects messages that are due, and waits for those that are not. */
class PacedSender {
  readonly #producer: MessageProducer;
  readonly #topic: string;
  readonly #dueAt: ReturnType<typeof createPace>;
  readonly #onProgress: ProduceOptions['onProgress'];
  readonly #startedAt = performance.now();
  #batch: LineMessage[] = [];
  #bytes = 0;
  #taken = 0;
  #counts = { sent: 0, skipped: 0, notJson: 0 };

  constructor(
    producer: MessageProducer,
    topic: string,
    pace: Pace,
    onProgress: ProduceOptions['onProgress'],
  ) {
    this.#producer = producer;
    this.#topic = topic;
    this.#dueAt = createPace(pace);
    this.#onProgress = onProgress;
  }

  get counts(): ProduceCounts {
    return this.#counts;
  }

  skip(): void {
    this.#counts = { ...this.#counts, skipped: this.#counts.skipped + 1 };
  }

  /** Takes a message, when it is due; when stopped meanwhile, at once. */
  async add(message: LineMessage, beginsAnew: boolean, signal: AbortSignal | undefined): Promise<void> {
    const dueMs = this.#dueAt(this.#taken, message.eventMs, beginsAnew);
    const waitMs = Math.min(LONGEST_WAIT_MS, this.#startedAt + dueMs - performance.now());
    if (waitMs > SHORT_WAIT_MS) {
      await this.flush();
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal?.aborted === true) return; // it is not due yet
    }
    const bytes = message.value?.length ?? 0;
    if (this.#bytes + bytes > BATCH_BYTES) await this.flush();
    this.#taken += 1;
    this.#batch.push(message);
    this.#bytes += bytes;
    if (this.#batch.length >= BATCH_MESSAGES) await this.flush();
  }

  /** Resolves when all that was taken is acknowledged. */
  async flush(): Promise<void> {
    const batch = this.#batch;
    if (batch.length === 0) return;
    [this.#batch, this.#bytes] = [[], 0];
    await this.#producer.send(this.#topic, batch);
    const { sent, skipped, notJson } = this.#counts;
    const broken = batch.filter(({ isJson }) => !isJson).length;
    this.#counts = { sent: sent + batch.length, skipped, notJson: notJson + broken };
    this.#onProgress?.(this.#counts);
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}
