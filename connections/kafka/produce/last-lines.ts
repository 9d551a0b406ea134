/**
 * How far a source has been sent, as the topic itself says: the last line of its latest sending in each partition. Lines are sent
 * in order, so each partition has all of its lines before that one, and none after it.
 */
import type { Connection } from '../../../core/connection.js';
import { readMessages } from '../messages.js';
import { readPartitions, type PartitionRange } from '../topics.js';
import { LINE_HEADER, SENDING_HEADER, SOURCE_HEADER } from './message.js';

/** A sending that was begun. */
export interface Sending {
  readonly id: string;
  /** The last line of it by partition; none where there is none. */
  readonly lastLines: ReadonlyMap<number, number>;
}

const FIRST_LOOK = 1_000;

/** The latest sending of the source, if there is one. Looks further back the longer a partition shows nothing of the source. */
export async function findSending(
  connection: Connection,
  topic: string,
  source: string,
  signal?: AbortSignal,
): Promise<Sending | undefined> {
  let latest: Sending | undefined;
  let open = await readPartitions(connection, topic);
  for (let look = FIRST_LOOK; open.length > 0; look *= 10) {
    const seen = new Set<number>();
    for await (const { partition, sending, line } of readTails(connection, topic, {
      source,
      open,
      look,
      signal,
    })) {
      seen.add(partition);
      if (latest !== undefined && sending < latest.id) continue; // an earlier one
      const lines = latest?.id === sending ? latest.lastLines : new Map<number, number>();
      latest = {
        id: sending,
        lastLines: new Map(lines).set(partition, Math.max(lines.get(partition) ?? 0, line)),
      };
    }
    open = open.filter(({ partition, low, high }) => !seen.has(partition) && high - look > low);
  }
  return latest;
}

interface Tails {
  readonly source: string;
  readonly open: readonly PartitionRange[];
  /** So many offsets from the end. */
  readonly look: number;
  readonly signal: AbortSignal | undefined;
}

/** What the ends of partitions hold of the source. */
async function* readTails(
  connection: Connection,
  topic: string,
  { source, open, look, signal }: Tails,
): AsyncGenerator<{ readonly partition: number; readonly sending: string; readonly line: number }> {
  const spans = open.map(({ partition, low, high }) => ({
    partition,
    from: Math.max(low, high - look),
    to: high,
  }));
  for await (const { partition, messages } of readMessages(connection, topic, spans, { signal })) {
    for (const { headers } of messages) {
      if (headers[SOURCE_HEADER]?.toString() !== source) continue;
      const [sending = '', line] = [
        headers[SENDING_HEADER]?.toString(),
        Number(headers[LINE_HEADER]?.toString()),
      ];
      yield { partition, sending, line };
    }
  }
}
