/** Our side: what `airtempo churn features` does. */
import { makeFeatures } from '../../activities/churn/make-features.js';
import { createEvents } from '../../connections/duckdb/create-events.js';
import { openDuckDb } from '../../connections/duckdb/duckdb.js';

/** Makes the feature tables of the events below `logs`. */
export async function runOurs(logs: string, out: string): Promise<void> {
  const db = await openDuckDb({ memoryLimit: '2GB' });
  await createEvents(db, logs);
  await makeFeatures(db, { folder: out });
  await db.close();
}
