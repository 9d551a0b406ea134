/** A topic of real brokers as `ingestTopic` reads it, and its dead-letter topic. */
import { readMessages } from '../../connections/kafka/messages.js';
import { openProducer, type MessageProducer } from '../../connections/kafka/producer.js';
import { ensureTopic, readPartitions } from '../../connections/kafka/topics.js';
import type { Connection } from '../../core/connection.js';
import { letterBatches } from './dead-letter.js';
import type { TopicReader } from './ingest-topic.js';

export interface OpenTopicReader extends TopicReader {
  close(): Promise<void>;
}

export interface TopicReaderOptions {
  readonly topic: string;
  /** Made when the first dead letter is sent. */
  readonly deadLetterTopic: string;
  readonly signal: AbortSignal;
  /** Told what the client has to say. */
  readonly onLog: (message: string) => void;
}

/** Connects when it is used; close it. */
export function openTopicReader(connection: Connection, options: TopicReaderOptions): OpenTopicReader {
  const { topic, deadLetterTopic, signal, onLog } = options;
  let opened: Promise<MessageProducer> | undefined;
  const openLetters = async (): Promise<MessageProducer> => {
    await ensureTopic(connection, deadLetterTopic, 1);
    return openProducer(connection, { onLog });
  };
  return {
    readBounds: async () =>
      (await readPartitions(connection, topic)).map(({ partition, low, high }) => ({
        partition,
        first: low,
        end: high,
      })),
    read: async function* (ranges) {
      for await (const { messages } of readMessages(connection, topic, ranges, { signal, onLog })) {
        yield messages;
      }
    },
    sendDeadLetters: async (letters) => {
      opened ??= openLetters();
      const producer = await opened;
      for (const batch of letterBatches(letters)) await producer.send(deadLetterTopic, batch);
    },
    close: async () => (await opened?.catch(() => undefined))?.close(),
  };
}
