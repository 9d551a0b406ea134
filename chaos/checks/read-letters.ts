/** Reads the dead letters of a topic by Kafka's client alone. */
import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import type { Connection } from '../../core/connection.js';

/** Letters by the place of the message that they are about: a batch that is read again sends them again. */
export interface Letters {
  readonly byPlace: ReadonlyMap<string, Buffer>;
  /** Messages in the topic that was read by the ingests. */
  readonly messages: number;
}

const connect = ({ host, port }: Connection): Kafka =>
  new Kafka({ brokers: [`${host ?? ''}:${String(port)}`], logLevel: logLevel.NOTHING });

/** How many messages a topic holds that keeps all of them. */
export async function readEnd(connection: Connection, topic: string): Promise<number> {
  const admin = connect(connection).admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  } finally {
    await admin.disconnect();
  }
}

/** Reads the letters of the topic to their end. */
export async function readLetters(connection: Connection, topic: string): Promise<Letters> {
  const letterTopic = `${topic}.dlq`;
  const messages = await readEnd(connection, topic);
  let left = await readEnd(connection, letterTopic);
  const byPlace = new Map<string, Buffer>();
  const consumer = connect(connection).consumer({ groupId: `chaos-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic: letterTopic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    if (left === 0) resolve();
    consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
    void consumer.run({
      eachMessage: ({ message: { headers = {}, value } }) => {
        byPlace.set(`${String(headers['partition'])}/${String(headers['offset'])}`, value ?? Buffer.alloc(0));
        left -= 1;
        if (left === 0) resolve();
        return Promise.resolve();
      },
    });
  });
  await consumer.disconnect();
  return { byPlace, messages };
}
