/** What an insight is made of: queries, and for each query its charts and what is to be said about its rows. Types only. */
import type { PlainRow } from '../connections/duckdb/plain-value.js';
import type { ChartSpec } from './charts/chart.js';

export type Rows = readonly PlainRow[];

/** One SQL file of sql/insights and what is shown of its rows. */
export interface InsightQuery {
  /** Name of the file, without its ending. */
  readonly file: string;
  /** What the query asks about, where a warehouse has none of it: the log data that it is loaded from has no such pages. */
  readonly needs?: 'adverts' | 'cancellations' | 'friends and playlists' | 'thumbs';
  /** None where a table says it better; none for too few rows. */
  readonly charts?: (rows: Rows) => readonly ChartSpec[];
  /** What the rows say, in one or two plain sentences; undefined where they say nothing. */
  readonly finding?: (rows: Rows) => string | undefined;
}

/** One of the fifteen. */
export interface Insight {
  readonly number: number;
  /** `active-users`, for `--only` and for links. */
  readonly id: string;
  readonly title: string;
  readonly queries: readonly InsightQuery[];
}

/** A query that has run. */
export interface QueryResult {
  readonly query: InsightQuery;
  /** The head comment of its file. */
  readonly name: string;
  readonly definition: string;
  readonly unit: string;
  readonly sql: string;
  readonly columns: readonly string[];
  readonly rows: Rows;
}

/** An insight that has run. */
export interface InsightResult {
  readonly insight: Insight;
  readonly results: readonly QueryResult[];
}
