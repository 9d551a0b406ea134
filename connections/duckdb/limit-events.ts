/** Events as they were known at an instant: what came later is not there, whatever a query asks for. */
import type { DuckDb } from './duckdb.js';

/** Leaves out of the view `events` what happened at `untilMs` or later; the view `all_events` keeps it. */
export async function limitEvents(db: DuckDb, untilMs: number): Promise<void> {
  await db.run('ALTER VIEW events RENAME TO all_events');
  await db.run(`CREATE VIEW events AS SELECT * FROM all_events WHERE ts_ms < ${String(untilMs)}`);
}
