/**
 * A message that is no event, as a message of the dead-letter topic: the original key and bytes, and in the headers why and where
 * it lay. A batch that is read again writes its dead letters again: topic, partition and offset tell that they are the same. Pure.
 */
import type { KafkaMessage } from '../../connections/kafka/messages.js';
import type { OutgoingMessage } from '../../connections/kafka/producer.js';
import type { Problem } from './parse-event.js';

export interface DeadLetter extends Problem {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** When the message was sent, or taken by the broker. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** A broker takes a megabyte at a time unless it is told otherwise, and the headers need room beside the bytes. */
const LONGEST_VALUE_BYTES = 900_000;
const BATCH_BYTES = 900_000;
const BATCH_LETTERS = 500;

function formatLetter(letter: DeadLetter): OutgoingMessage {
  const { reason, detail, topic, partition, offset, timestampMs, key, value } = letter;
  const isCut = value !== null && value.length > LONGEST_VALUE_BYTES;
  const headers = {
    reason,
    detail,
    topic,
    partition: String(partition),
    offset: String(offset),
    timestamp: String(timestampMs),
    // the whole message is where it was, as long as its topic keeps it
    ...(isCut ? { cut: String(value.length) } : {}),
  };
  return { key, value: isCut ? value.subarray(0, LONGEST_VALUE_BYTES) : value, headers };
}

/** The dead letters as messages, so many at a time as a broker takes. */
export function letterBatches(letters: readonly DeadLetter[]): Generator<readonly OutgoingMessage[]> {
  return splitForBroker(letters.map(formatLetter));
}

/** So many messages at a time as a broker takes. */
export function* splitForBroker(messages: readonly OutgoingMessage[]): Generator<readonly OutgoingMessage[]> {
  let batch: OutgoingMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = (message.value?.length ?? 0) + (message.key?.length ?? 0);
    if (batch.length > 0 && (batch.length >= BATCH_LETTERS || bytes + size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** A dead letter as it is found in its topic. */
export interface FoundLetter {
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  /** The bytes of the whole message, when they were too many for the dead-letter topic. */
  readonly cutFromBytes: number | undefined;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Reads a message of a dead-letter topic; undefined when it is none of ours. */
export function readLetter({ headers, key, value }: KafkaMessage): FoundLetter | undefined {
  const text = (name: string): string => headers[name]?.toString('utf8') ?? '';
  const number = (name: string): number => (text(name) === '' ? Number.NaN : Number(text(name)));
  const [partition, offset] = [number('partition'), number('offset')];
  if (!Number.isSafeInteger(partition) || !Number.isSafeInteger(offset) || text('topic') === '')
    return undefined;
  return {
    reason: text('reason'),
    detail: text('detail'),
    topic: text('topic'),
    partition,
    offset,
    timestampMs: number('timestamp'),
    cutFromBytes: headers['cut'] === undefined ? undefined : number('cut'),
    key,
    value,
  };
}
