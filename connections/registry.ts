/**
 * Looks connections up by id in several stores; the first that has the id wins. Operators get their
 * connections here, in worker memory, when a task runs.
 */
import { AirtempoError } from '../core/errors.js';
import type { Connection } from '../core/connection.js';
import type { ConnectionStore, StoredConnection } from './connection-store.js';
import { maskConnection } from './mask.js';
import { computeNearestNames } from './nearest.js';
import type { SecretScrubber } from './secret-scrubber.js';
import { validateConnectionId } from './validate-connection.js';

/** A connection and where it was found. */
export interface ResolvedConnection {
  readonly connection: Connection;
  /** The store's name: `environment`, `file`. */
  readonly source: string;
  /** The variable or file, e.g. "variable AIRTEMPO_CONN_REDSHIFT". */
  readonly place: string;
}

/** A line of a list of connections. It may be shown: secrets are masked. */
export type ConnectionSummary = {
  readonly id: string;
  readonly source: string;
  readonly place: string;
  /** Places that hold the id too, and are not asked. */
  readonly shadowed: readonly string[];
} & ({ readonly connection: Connection } | { readonly problem: Error });

/** Connections by id, from several stores. */
export interface ConnectionRegistry {
  /**
   * The connection of that id, secrets included.
   * @throws AirtempoError CONNECTION_NOT_FOUND when no store has it; INVALID_CONNECTION or
   * CONNECTION_STORE_* when the first store that has it cannot read it (no later store is asked then).
   */
  get(id: string): Promise<Connection>;
  /** Like `get`, with the source; undefined when no store has the id. */
  find(id: string): Promise<ResolvedConnection | undefined>;
  /** Every id once, sorted, with masked secrets. One unreadable connection does not hide the others. */
  list(): Promise<readonly ConnectionSummary[]>;
}

/** Options of the registry. */
export interface ConnectionRegistryOptions {
  /** Asked in this order. */
  readonly stores: readonly ConnectionStore[];
  /** Told about each connection that is handed out, so that its secrets stay out of logs. */
  readonly scrubber?: SecretScrubber;
}

async function explainNotFound(stores: readonly ConnectionStore[], id: string): Promise<AirtempoError> {
  const places = stores.map((store) => store.describePlace(id)).join(', then ');
  // a store that cannot be listed only costs the suggestion
  const lists = await Promise.all(stores.map((store) => store.list().catch(() => [])));
  const known = new Set(lists.flat().map((entry) => entry.id));
  const nearest = computeNearestNames(id, known).map((name) => `"${name}"`);
  const hint = nearest.length === 0 ? '' : ` Did you mean ${nearest.join(' or ')}?`;
  return new AirtempoError(
    'CONNECTION_NOT_FOUND',
    `There is no connection "${id}" (looked in ${places || 'no store'}).${hint} Add it with: airtempo connections add ${id}`,
  );
}

interface FoundEntry {
  readonly source: string;
  readonly entry: StoredConnection;
}

function summarise(
  id: string,
  { source, entry }: FoundEntry,
  others: readonly FoundEntry[],
): ConnectionSummary {
  const base = { id, source, place: entry.place, shadowed: others.map((other) => other.entry.place) };
  if ('problem' in entry) return { ...base, problem: entry.problem };
  return { ...base, connection: maskConnection(entry.connection) };
}

/** A registry over `stores`; nothing is read before the first call, and nothing is cached. */
export function createConnectionRegistry({
  stores,
  scrubber,
}: ConnectionRegistryOptions): ConnectionRegistry {
  const find = async (id: string): Promise<ResolvedConnection | undefined> => {
    validateConnectionId(id);
    for (const store of stores) {
      const connection = await store.get(id);
      if (connection === undefined) continue;
      scrubber?.register(connection);
      return { connection, source: store.name, place: store.describePlace(id) };
    }
    return undefined;
  };

  return {
    find,
    get: async (id) => {
      const found = await find(id);
      if (found === undefined) throw await explainNotFound(stores, id);
      return found.connection;
    },
    list: async () => {
      const byId = new Map<string, FoundEntry[]>();
      for (const store of stores) {
        for (const entry of await store.list()) {
          byId.set(entry.id, [...(byId.get(entry.id) ?? []), { source: store.name, entry }]);
        }
      }
      const sorted = [...byId].sort(([a], [b]) => (a < b ? -1 : 1));
      return sorted.flatMap(([id, [first, ...others]]) =>
        first === undefined ? [] : [summarise(id, first, others)],
      );
    },
  };
}
