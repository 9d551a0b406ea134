/** Where the queries are answered: a database with the relation `events`, whatever its engine. */
import type { PlainRow } from '../../connections/duckdb/plain-value.js';

export interface Answer {
  /** In the query's order, also where there are no rows. */
  readonly columns: readonly string[];
  readonly rows: readonly PlainRow[];
}

export interface EventsDatabase {
  /** What the events are read from, as the report names it. */
  readonly source: string;
  /** Records that could not be read, and are left out. */
  readonly badRecords: number;
  /** Answers a SELECT over `events`. Errors: SQL_FAILED. */
  query(sql: string): Promise<Answer>;
  close(): Promise<void>;
}

export interface OpenEventsOptions {
  /** Events before this instant only. Default: all. */
  readonly until?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}
