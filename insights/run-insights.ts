/** Runs the queries of insights one after another on a database that has the relation `events`. */
import type { EventsDatabase } from './events/events-database.js';
import type { Insight, InsightQuery, InsightResult, QueryResult } from './insight.js';
import { readQuery } from './read-query.js';

/** Called before each query. */
export type OnQuery = (done: number, total: number, name: string) => void;

/** Runs all queries of the insights. Errors: SQL_FAILED, INVALID_SQL_FILE. */
export async function runInsights(
  db: EventsDatabase,
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

/** One query. */
export async function runQuery(db: EventsDatabase, query: InsightQuery): Promise<QueryResult> {
  const file = await readQuery(query.file);
  return { query, ...file, ...(await db.query(file.sql)) };
}
