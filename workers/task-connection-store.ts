/**
 * Keeps the connections that tasks make in the store that can be written: the encrypted file. Refuses where what it
 * wrote would not be found, because another place is asked first.
 */
import type { ConnectionStore, WritableConnectionStore } from '../connections/connection-store.js';
import { formatConnectionRecord } from '../connections/format-connection.js';
import { maskConnection } from '../connections/mask.js';
import type { SecretScrubber } from '../connections/secret-scrubber.js';
import { validateConnection } from '../connections/validate-connection.js';
import type { Connection } from '../core/connection.js';
import type { TaskConnectionStore } from '../core/context.js';
import { AirtempoError } from '../core/errors.js';

export interface TaskConnectionStoreParts {
  readonly store: WritableConnectionStore;
  /** Stores whose connections win over those of `store`. */
  readonly askedBefore: readonly ConnectionStore[];
  readonly scrubber: SecretScrubber;
}

export function createTaskConnectionStore({
  store,
  askedBefore,
  scrubber,
}: TaskConnectionStoreParts): TaskConnectionStore {
  return {
    save: async (connection, { mayReplace = () => true } = {}) => {
      const checked = validateConnection(connection.id, connection);
      scrubber.register(checked);
      for (const other of askedBefore) {
        if ((await other.get(checked.id)) !== undefined) throw outranked(checked, other);
      }
      const former = await store.get(checked.id);
      if (former !== undefined && !mayReplace(former)) throw taken(former, store);
      await store.put([checked], { overwrite: true });
    },
    delete: (connId) => store.delete(connId),
  };
}

function taken({ id, host = 'elsewhere' }: Connection, store: ConnectionStore): AirtempoError {
  return new AirtempoError(
    'INVALID_CONNECTION',
    `Connection "${id}" (${store.describePlace(id)}) leads to ${host} and is left as it is. ` +
      `Use another id, or delete it first with: airtempo connections delete ${id}`,
  );
}

/** What to set is told without its secrets: messages end up in histories. */
function outranked(connection: Connection, other: ConnectionStore): AirtempoError {
  const wanted = JSON.stringify(formatConnectionRecord(maskConnection(connection)));
  return new AirtempoError(
    'INVALID_CONNECTION',
    `Connection "${connection.id}" cannot be stored: ${other.describePlace(connection.id)} sets it already, and wins. ` +
      `Unset it, or let it say ${wanted}`,
  );
}

/** For workers that have no place to keep connections. */
export const NO_CONNECTION_STORE: TaskConnectionStore = {
  save: ({ id }) =>
    Promise.reject(
      new AirtempoError(
        'INVALID_CONNECTION',
        `Connection "${id}" cannot be stored: this worker has no store for connections. Start it with "airtempo worker".`,
      ),
    ),
  delete: () => Promise.resolve(false),
};
