/** Lines to a topic, as `airtempo kafka produce` sends those of a file. */
import { createMessageMaker, nameSending } from '../../connections/kafka/produce/message.js';
import { openProducer } from '../../connections/kafka/producer.js';
import { ensureTopic, readPartitions } from '../../connections/kafka/topics.js';
import type { Connection } from '../../core/connection.js';
import type { Sink } from './sink.js';

export interface KafkaSinkOptions {
  readonly connection: Connection;
  /** Made if it is not there. */
  readonly topic: string;
  /** What the messages' headers call the source. */
  readonly source: string;
}

/** A sink of one stream. What is sent stays, whatever comes after it; there is no manifest. */
export async function createKafkaSink({
  connection,
  topic,
  source,
}: KafkaSinkOptions): Promise<{ readonly sink: Sink; readonly close: () => Promise<void> }> {
  await ensureTopic(connection, topic);
  const make = createMessageMaker(topic, (await readPartitions(connection, topic)).length);
  const producer = await openProducer(connection);
  const sending = nameSending();
  let line = 0;
  const write = async (block: Buffer): Promise<void> => {
    const lines = block
      .toString('utf8')
      .split('\n')
      .filter((text) => text !== '');
    await producer.send(topic, lines.map((text) => make(Buffer.from(text), { source, sending, line: (line += 1) }))); // prettier-ignore
  };
  const sink: Sink = {
    layout: 'one',
    open: () => Promise.resolve({ write, commit: () => Promise.resolve() }),
    finish: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
  return { sink, close: () => producer.close() };
}
