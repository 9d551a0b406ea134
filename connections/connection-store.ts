/**
 * What a place that holds connections can do. The registry asks stores in order; the command line
 * writes to the one that can be written.
 */
import type { Connection } from '../core/connection.js';

/** One id that a store holds: the connection, or why it cannot be read. */
export type StoredConnection =
  | { readonly id: string; readonly place: string; readonly connection: Connection }
  | { readonly id: string; readonly place: string; readonly problem: Error };

/** A place to look connections up. */
export interface ConnectionStore {
  /** Short name shown as the source of a connection: `environment`, `file`. */
  readonly name: string;
  /** Where the store looks for an id, for messages: "variable AIRTEMPO_CONN_REDSHIFT". */
  describePlace(id: string): string;
  /**
   * The connection of that id; undefined when the store has none.
   * @throws AirtempoError INVALID_CONNECTION, CONNECTION_STORE_* when it has one that cannot be read.
   */
  get(id: string): Promise<Connection | undefined>;
  /** Every id, sorted. A connection that cannot be read is listed with its problem. */
  list(): Promise<readonly StoredConnection[]>;
}

/** What `put` did with each connection. */
export interface PutResult {
  readonly written: readonly string[];
  /** Ids that existed already and were left as they are. */
  readonly skipped: readonly string[];
}

/** A store that can be changed. Changes are atomic: all of a call or nothing. */
export interface WritableConnectionStore extends ConnectionStore {
  /** Stores connections; those that exist are skipped unless `overwrite` (default false). */
  put(connections: readonly Connection[], options?: { readonly overwrite?: boolean }): Promise<PutResult>;
  /** Whether there was such a connection to delete. */
  delete(id: string): Promise<boolean>;
}
