/** Offsets that a group has noted at the brokers: for commands that go on where they have been, and whose work may be done twice. */
import type { Connection } from '../../core/connection.js';
import { withAdmin } from './topics.js';

/** The next offset of each partition that the group has noted; others are absent. */
export function readGroupPositions(
  connection: Connection,
  groupId: string,
  topic: string,
): Promise<ReadonlyMap<number, number>> {
  return withAdmin(connection, `Reading the positions of ${groupId}`, async (admin) => {
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const known = (found?.partitions ?? []).filter(({ offset }) => Number(offset) >= 0);
    return new Map(known.map(({ partition, offset }) => [partition, Number(offset)]));
  });
}

/** Notes where the group goes on. Nobody may be reading with this group meanwhile. */
export function keepGroupPositions(
  connection: Connection,
  groupId: string,
  topic: string,
  positions: ReadonlyMap<number, number>,
): Promise<void> {
  const partitions = [...positions].map(([partition, offset]) => ({ partition, offset: String(offset) }));
  return withAdmin(connection, `Noting the positions of ${groupId}`, (admin) =>
    admin.setOffsets({ groupId, topic, partitions }),
  );
}
