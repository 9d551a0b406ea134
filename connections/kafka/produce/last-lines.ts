/**
 * How far a source has been sent, as the topic itself says: the last line of it in each partition. Lines are sent in order, so each
 * partition has all of its lines before that one, and none after it.
 */
import type { Connection } from '../../../core/connection.js';
import { readMessages } from '../messages.js';
import { readPartitions, type PartitionRange } from '../topics.js';
import { LINE_HEADER, SOURCE_HEADER } from './message.js';

const FIRST_LOOK = 1_000;

/** The last line of the source by partition; 0 where there is none. Looks further back the longer it finds none. */
export async function findLastLines(
  connection: Connection,
  topic: string,
  source: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, number>> {
  const last = new Map<number, number>();
  let open = await readPartitions(connection, topic);
  for (let look = FIRST_LOOK; open.length > 0; look *= 10) {
    const found = await findInTails(connection, topic, source, { open, look, signal });
    for (const [partition, line] of found) last.set(partition, line);
    open = open.filter(({ partition, low, high }) => {
      const isSeen = (found.get(partition) ?? 0) > 0 || high - look <= low;
      if (isSeen && !last.has(partition)) last.set(partition, 0);
      return !isSeen;
    });
  }
  return last;
}

async function findInTails(
  connection: Connection,
  topic: string,
  source: string,
  where: {
    readonly open: readonly PartitionRange[];
    readonly look: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<ReadonlyMap<number, number>> {
  const spans = where.open.map(({ partition, low, high }) => ({
    partition,
    from: Math.max(low, high - where.look),
    to: high,
  }));
  const last = new Map<number, number>();
  for await (const { partition, messages } of readMessages(connection, topic, spans, {
    signal: where.signal,
  })) {
    for (const { headers } of messages) {
      if (headers[SOURCE_HEADER]?.toString() !== source) continue;
      last.set(partition, Math.max(last.get(partition) ?? 0, Number(headers[LINE_HEADER]?.toString())));
    }
  }
  return last;
}
