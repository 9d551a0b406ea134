/** Generated events and their feature tables, for tests of the churn model. */
import path from 'node:path';
import { makeFeatures } from '../../../activities/churn/make-features.js';
import type { Protocol } from '../../../activities/churn/features-plan.js';
import { createEvents } from '../../../connections/duckdb/create-events.js';
import { openDuckDb, quoteText } from '../../../connections/duckdb/duckdb.js';
import { createFileSink } from '../../../generator/sinks/local-file.js';
import { parseGeneratorSpec } from '../../../generator/spec.js';
import { writeData } from '../../../generator/write-data.js';

export interface ChurnData {
  readonly preset: 'faithful' | 'signal' | 'strong';
  readonly users: number;
}

/** Writes `events.json` into the folder and returns its path. */
export async function generateInto(folder: string, { preset, users }: ChurnData): Promise<string> {
  const file = path.join(folder, 'events.json');
  await writeData(parseGeneratorSpec({ preset, users }), createFileSink(file));
  return file;
}

/** The features of one protocol as CSV, which Python reads without more packages. */
export async function writeFeaturesCsv(events: string, folder: string, protocol: Protocol): Promise<string> {
  const db = await openDuckDb();
  const csv = path.join(folder, `${protocol}.csv`);
  try {
    await createEvents(db, events);
    await makeFeatures(db, { folder, protocols: [protocol] });
    const parquet = quoteText(path.join(folder, `${protocol}.parquet`));
    await db.run(
      `COPY (SELECT * FROM read_parquet(${parquet}) ORDER BY user_id, cut_ms) TO ${quoteText(csv)}`,
    );
  } finally {
    await db.close();
  }
  return csv;
}
