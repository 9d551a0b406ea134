/** Runs the queries of insights one after another on a DuckDB that has the relation `events`. */
import type { DuckDb } from '../connections/duckdb/duckdb.js';
import type { Insight, InsightQuery, InsightResult, QueryResult } from './insight.js';
import { readQuery } from './read-query.js';
import { text } from './words.js';

/** Called before each query. */
export type OnQuery = (done: number, total: number, name: string) => void;

/** Runs all queries of the insights. Errors: SQL_FAILED, INVALID_SQL_FILE. */
export async function runInsights(
  db: DuckDb,
  insights: readonly Insight[],
  onQuery: OnQuery = () => {},
): Promise<readonly InsightResult[]> {
  const total = insights.reduce((sum, { queries }) => sum + queries.length, 0);
  const ran: InsightResult[] = [];
  let done = 0;
  for (const insight of insights) {
    const results: QueryResult[] = [];
    for (const query of insight.queries) {
      onQuery(done++, total, insight.title);
      results.push(await runQuery(db, query));
    }
    ran.push({ insight, results });
  }
  return ran;
}

/** One query, with the names of its columns also where it has no rows. */
export async function runQuery(db: DuckDb, query: InsightQuery): Promise<QueryResult> {
  const file = await readQuery(query.file);
  const rows = await db.rows(file.sql);
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length === 0) {
    const described = await db.rows(`DESCRIBE ${file.sql}`);
    columns.push(...described.map((column) => text(column, 'column_name')));
  }
  return { query, ...file, columns, rows };
}
