/** The letters of a dead-letter topic: read, and sent back to where they came from. */
import { keepGroupPositions, readGroupPositions } from '../../connections/kafka/group-positions.js';
import { readMessages } from '../../connections/kafka/messages.js';
import { openProducer, type MessageProducer } from '../../connections/kafka/producer.js';
import { readPartitions } from '../../connections/kafka/topics.js';
import type { Connection } from '../../core/connection.js';
import { readLetter, splitForBroker, type FoundLetter } from './dead-letter.js';

/** The topic of the dead letters of a topic, unless another one is named. */
export const deadLetterTopicOf = (topic: string): string => `${topic}.dlq`;

interface LetterBatch {
  readonly letters: readonly FoundLetter[];
  readonly partition: number;
  readonly next: number;
}

/** The letters that were there when the reading began, from these positions on; one that was sent twice comes once. */
async function* readBatches(
  connection: Connection,
  deadLetterTopic: string,
  from: ReadonlyMap<number, number>,
  signal?: AbortSignal,
): AsyncGenerator<LetterBatch> {
  const spans = (await readPartitions(connection, deadLetterTopic)).map(({ partition, low, high }) => ({
    partition,
    from: Math.min(high, Math.max(low, from.get(partition) ?? low)),
    to: high,
  }));
  const seen = new Set<string>();
  for await (const { messages, partition, next } of readMessages(connection, deadLetterTopic, spans, {
    signal,
  })) {
    const letters = messages.flatMap((message) => {
      const letter = readLetter(message);
      if (letter === undefined) return [];
      const place = `${letter.topic}/${String(letter.partition)}/${String(letter.offset)}`;
      if (seen.has(place)) return [];
      seen.add(place);
      return [letter];
    });
    yield { letters, partition, next };
  }
}

/** Every letter once. Throws SOURCE_NOT_FOUND when there is no such topic. */
export async function* readLetters(
  connection: Connection,
  deadLetterTopic: string,
  signal?: AbortSignal,
): AsyncGenerator<FoundLetter> {
  for await (const { letters } of readBatches(connection, deadLetterTopic, new Map(), signal)) yield* letters;
}

export interface ReplayResult {
  readonly replayed: number;
  /** Letters whose bytes are not whole. */
  readonly cut: number;
}

/**
 * Sends the letters that have not been replayed yet back to their topics: keys and bytes as they were. Where it has come to is noted
 * at its end, also when it fails or is stopped; one that was killed sends its letters again, and the ingest knows them by their keys.
 */
export async function replayLetters(
  connection: Connection,
  deadLetterTopic: string,
  {
    signal,
    onProgress,
  }: { readonly signal?: AbortSignal; readonly onProgress?: (result: ReplayResult) => void } = {},
): Promise<ReplayResult> {
  const group = `airtempo-replay-${deadLetterTopic}`;
  const from = await readGroupPositions(connection, group, deadLetterTopic);
  const replayedTo = new Map<number, number>();
  const producer = await openProducer(connection);
  let result: ReplayResult = { replayed: 0, cut: 0 };
  try {
    for await (const { letters, partition, next } of readBatches(connection, deadLetterTopic, from, signal)) {
      const whole = letters.filter(({ cutFromBytes }) => cutFromBytes === undefined);
      await sendBack(producer, whole);
      replayedTo.set(partition, next);
      result = {
        replayed: result.replayed + whole.length,
        cut: result.cut + letters.length - whole.length,
      };
      onProgress?.(result);
    }
    return result;
  } finally {
    await producer.close();
    if (replayedTo.size > 0) await keepGroupPositions(connection, group, deadLetterTopic, replayedTo);
  }
}

/** In order, as many at once as a broker takes. */
async function sendBack(producer: MessageProducer, letters: readonly FoundLetter[]): Promise<void> {
  for (const topic of new Set(letters.map((letter) => letter.topic))) {
    const messages = letters
      .filter((letter) => letter.topic === topic)
      .map(({ key, value }) => ({ key, value }));
    for (const batch of splitForBroker(messages)) await producer.send(topic, batch);
  }
}
