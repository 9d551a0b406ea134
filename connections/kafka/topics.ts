/** Topics of a connection: made, looked up, and where their partitions begin and end. */
import type { Admin } from 'kafkajs';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import { createKafkaClient } from './client.js';
import { explainKafkaError } from './errors.js';

/** What a partition holds: offsets from `low` to before `high`. */
export interface PartitionRange {
  readonly partition: number;
  readonly low: number;
  readonly high: number;
}

/** Kafka's own rule. */
const TOPIC_NAME = /^(?!\.{1,2}$)[\w.-]{1,249}$/;

/** Refuses what is no name of a topic. Throws INVALID_ARGUMENT. */
export function checkTopicName(topic: string): string {
  if (TOPIC_NAME.test(topic)) return topic;
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `${JSON.stringify(topic.slice(0, 60))} is no name of a topic: use letters, digits, dots, _ and -, 249 at most.`,
  );
}

/**
 * Makes the topic unless it is there. Whether it was made.
 * @throws AirtempoError INVALID_ARGUMENT, and those of explainKafkaError
 */
export function ensureTopic(connection: Connection, topic: string, partitions = 3): Promise<boolean> {
  checkTopicName(topic);
  return withAdmin(connection, `Making the topic ${topic}`, async (admin) => {
    if ((await admin.listTopics()).includes(topic)) return false;
    return admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: -1 }], // as the brokers are set up
      waitForLeaders: true,
    });
  });
}

/** Whether the topic is there. */
export function hasTopic(connection: Connection, topic: string): Promise<boolean> {
  checkTopicName(topic);
  return withAdmin(connection, `Looking for the topic ${topic}`, async (admin) =>
    (await admin.listTopics()).includes(topic),
  );
}

/**
 * The partitions of a topic in their order. Several readers ask, so it is one question to the brokers.
 * @throws AirtempoError SOURCE_NOT_FOUND when there is no such topic
 */
export function readPartitions(connection: Connection, topic: string): Promise<readonly PartitionRange[]> {
  checkTopicName(topic);
  return withAdmin(connection, `Looking at the topic ${topic}`, async (admin) => {
    if (!(await admin.listTopics()).includes(topic)) {
      throw new AirtempoError(
        'SOURCE_NOT_FOUND',
        `There is no topic ${topic} at the brokers of connection "${connection.id}". Make it, or correct its name.`,
      );
    }
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets
      .map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
      .sort((a, b) => a.partition - b.partition);
  });
}

/** Asks the brokers, with errors that name `doing`. */
export async function withAdmin<T>(
  connection: Connection,
  doing: string,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = (await createKafkaClient(connection)).admin();
  try {
    await admin.connect();
    return await work(admin);
  } catch (error) {
    throw explainKafkaError(connection, doing, error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
