/** A line as a message: the key that keeps a user's events in order, and where it comes from. */
import { randomUUID } from 'node:crypto';
import { Partitioners } from 'kafkajs';
import type { OutgoingMessage } from '../producer.js';

/** Headers by which a producer that starts again finds what it has sent. */
export const SOURCE_HEADER = 'airtempo-source';
export const LINE_HEADER = 'airtempo-line';
/** One for each sending of a source from its beginning; those who go on keep it. They sort by their time. */
export const SENDING_HEADER = 'airtempo-sending';

/** The name of a sending that begins now. */
export const nameSending = (): string => `${new Date().toISOString()} ${randomUUID()}`;

export interface LineMessage extends OutgoingMessage {
  readonly partition: number;
  /** The event's own time. */
  readonly eventMs: number | undefined;
  readonly isJson: boolean;
}

export interface LinePlace {
  /** What the file or folder is called. */
  readonly source: string;
  readonly sending: string;
  /** From 1, over all files. */
  readonly line: number;
}

/**
 * Makes messages for a topic of so many partitions. A line is sent as it is, also one that is no JSON. The same line of the same
 * source goes to the same partition every time.
 */
export function createMessageMaker(
  topic: string,
  partitions: number,
): (value: Buffer, place: LinePlace) => LineMessage {
  const choose = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    ...NO_METADATA,
    partitionId,
  }));
  return (value, { source, sending, line }) => {
    const event = parseEvent(value);
    const key = readKey(event?.['userId']);
    const ts = event?.['ts'];
    return {
      key,
      value,
      headers: { [SOURCE_HEADER]: source, [SENDING_HEADER]: sending, [LINE_HEADER]: String(line) },
      partition:
        key === null ? line % partitions : choose({ topic, partitionMetadata, message: { key, value } }),
      eventMs: typeof ts === 'number' && Number.isFinite(ts) ? ts : undefined,
      isJson: event !== undefined,
    };
  };
}

const NO_METADATA = { leader: 0, isr: [], replicas: [], partitionErrorCode: 0, offlineReplicas: [] };

function parseEvent(value: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(value.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** A visitor who has not logged in has no key. */
function readKey(userId: unknown): string | null {
  if (typeof userId === 'number') return String(userId);
  return typeof userId === 'string' && userId !== '' ? userId : null;
}
