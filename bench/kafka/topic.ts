/** The benchmark's messages: generated events of 500 bytes at least, keyed and compressed as `airtempo kafka produce` sends them. Its headers are an option. */
import { createMessageMaker } from '../../connections/kafka/produce/message.js';
import { openProducer } from '../../connections/kafka/producer.js';
import { ensureTopic } from '../../connections/kafka/topics.js';
import type { Connection } from '../../core/connection.js';
import { formatChurnLine } from '../../generator/churn/shape.js';
import { generateEvents } from '../../generator/generate-events.js';
import { parseGeneratorSpec } from '../../generator/spec.js';

const PARTITIONS = 3;
const MESSAGE_BYTES = 500;
const BATCH = 1_000;
/** Of a user in these two months there are some 950 events. */
const EVENTS_PER_USER = 800;

/** Fills a new topic with so many messages; their bytes. */
export async function fillTopic(
  kafka: Connection,
  topic: string,
  { messages, headers }: { readonly messages: number; readonly headers: boolean },
): Promise<number> {
  await ensureTopic(kafka, topic, PARTITIONS);
  const make = createMessageMaker(topic, PARTITIONS);
  const producer = await openProducer(kafka);
  let [line, bytes] = [0, 0];
  let batch: Buffer[] = [];
  const send = async (): Promise<void> => {
    const made = batch.map((value) => make(value, { source: 'bench', sending: 'bench', line: (line += 1) }));
    await producer.send(topic, headers ? made : made.map((message) => ({ ...message, headers: {} })));
    batch = [];
  };
  try {
    for (const value of makeValues(messages)) {
      bytes += value.length;
      if (batch.push(value) === BATCH) await send();
    }
    await send();
  } finally {
    await producer.close();
  }
  return bytes;
}

function* makeValues(messages: number): Generator<Buffer> {
  const users = Math.ceil(messages / EVENTS_PER_USER) + 10;
  let left = messages;
  for (const event of generateEvents(parseGeneratorSpec({ users, from: '2018-10-01', to: '2018-12-01' }))) {
    if (left === 0) return;
    left -= 1;
    yield Buffer.from(padLine(formatChurnLine(event)));
  }
  throw new Error(`${String(left)} events too few were generated`);
}

/** What is missing goes into the user agent, so that both sides carry it. */
function padLine(line: string): string {
  const missing = MESSAGE_BYTES - Buffer.byteLength(line);
  if (missing <= 0) return line;
  return line.includes('"userAgent":"')
    ? line.replace('"userAgent":"', `"userAgent":"${'x'.repeat(missing)}`)
    : line.replace(/}$/, `,"userAgent":"${'x'.repeat(Math.max(0, missing - 15))}"}`);
}
