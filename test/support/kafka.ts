/** A real broker for a suite. */
import { openProducer } from '../../connections/kafka/producer.js';
import type { Connection } from '../../core/connection.js';
import { startKillableService, type KillableService } from './killable-service.js';

export type TestKafka = KillableService;

/** Starts a broker without topics. */
export const startTestKafka = (): Promise<TestKafka> => startKillableService('kafka');

/** Sends the lines as messages, in order, to all partitions. */
export async function sendLines(
  connection: Connection,
  topic: string,
  lines: readonly string[],
): Promise<void> {
  const producer = await openProducer(connection);
  const messages = lines.map((line, index) => ({ key: String(index % 97), value: Buffer.from(line) }));
  for (let at = 0; at < messages.length; at += 500) await producer.send(topic, messages.slice(at, at + 500));
  await producer.close();
}
