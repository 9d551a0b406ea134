/** Generated events with copies, late lines and broken ones, as the messages of a topic, with what is in them counted without the code under test. */
import type { IngestOptions, TopicMessage, TopicReader } from '../../../../activities/kafka/ingest-topic.js';
import type { DeadLetter } from '../../../../activities/kafka/dead-letter.js';
import type { Counts } from '../../../../activities/kafka/batch.js';
import { formatChurnLine } from '../../../../generator/churn/shape.js';
import { makeLines, type DirtCounts } from '../../../../generator/dirt.js';
import { generateEvents } from '../../../../generator/generate-events.js';
import { parseGeneratorSpec } from '../../../../generator/spec.js';

export interface SampleTopic {
  readonly messages: number;
  /** Lines by partition. */
  readonly lines: readonly (readonly string[])[];
  /** The keys of the events, sorted: ts, user, session, item. */
  readonly keys: readonly string[];
  readonly duplicates: number;
  readonly broken: number;
}

/** What an ingest of the whole topic is to report. */
export function countsOf({ messages, keys, duplicates, broken }: SampleTopic): Counts {
  return { messages, written: keys.length, duplicates, deadLetters: broken };
}

/** A week of a few users in three partitions: something of everything, and quick. */
export const createSmallTopic = (): SampleTopic =>
  createSampleTopic(
    { users: 6, from: '2018-10-01', to: '2018-10-08', partitions: 3 },
    { duplicates: 0.1, malformed: 0.05 },
  );

/** How suites ingest the topic `events`, without a clock. */
export const INGEST_OPTIONS: Omit<IngestOptions, 'limits'> = {
  topic: 'events',
  maxMessageBytes: 10_000,
  now: () => 0,
  allowLoss: false,
  signal: new AbortController().signal,
};

/** `copies` and `broken` are chances from 0 to 1. */
export function createSampleTopic(
  request: {
    readonly users: number;
    readonly from: string;
    readonly to: string;
    readonly partitions: number;
  },
  dirt: { readonly duplicates: number; readonly malformed: number },
): SampleTopic {
  const { users, from, to, partitions } = request;
  const spec = parseGeneratorSpec({ users, from, to });
  const counts: DirtCounts = { duplicates: 0, late: 0, malformed: 0, doubleEncoded: 0 };
  const rates = { ...dirt, late: 0.02, doubleEncoded: 0.01 };
  const keys = new Set<string>();
  const lines = Array.from({ length: partitions }, (): string[] => []);
  const made = makeLines(
    generateEvents(spec),
    formatChurnLine,
    { rates, seed: 1, counts, end: spec.period.to },
    ({ person, ts }) => void (person.index + ts),
  );
  let messages = 0;
  for (const { text } of made) {
    // copies of an event lie in the partition of its user, as a producer with keys puts them
    const partition = Number(/"userId":"(\d+)"/.exec(text)?.[1] ?? 0) % partitions;
    lines[partition]?.push(text);
    messages += 1;
    if (text.endsWith('}')) keys.add(keyOfLine(text));
  }
  return { messages, lines, keys: [...keys].sort(), duplicates: counts.duplicates, broken: counts.malformed };
}

function keyOfLine(line: string): string {
  const event = JSON.parse(line) as Record<string, unknown>;
  return [event['ts'], event['userId'], event['sessionId'], event['itemInSession']].join('|');
}

/** Reads lists of lines as Kafka's client reads partitions: some of each in turn. */
export function readLines(topic: SampleTopic, letters: DeadLetter[] = [], step = 7): TopicReader {
  const at = (partition: number, offset: number): TopicMessage => {
    const value = Buffer.from(topic.lines[partition]?.[offset] ?? '');
    return { partition, offset, timestampMs: 0, key: null, value };
  };
  return {
    readBounds: () =>
      Promise.resolve(topic.lines.map((lines, partition) => ({ partition, first: 0, end: lines.length }))),
    read: async function* (ranges) {
      const open = ranges.map((range) => ({ ...range }));
      while (open.some(({ from, to }) => from < to)) {
        for (const range of open) {
          const upTo = Math.min(range.to, range.from + step + range.partition);
          const offsets = Array.from({ length: upTo - range.from }, (_, index) => range.from + index);
          yield offsets.map((offset) => at(range.partition, offset));
          range.from = upTo;
        }
      }
    },
    sendDeadLetters: (sent) => {
      letters.push(...sent);
      return Promise.resolve();
    },
  };
}
