/** The limit: the same SELECTs in DuckDB, each table by one COPY; no guard, no counts, no hashes, nothing atomic. */
import path from 'node:path';
import { DAY_MS, listTables, planFeatures, PROTOCOLS } from '../../activities/churn/features-plan.js';
import { readPackagedSql } from '../../connections/duckdb/create-staging.js';
import { openPlainEvents } from '../support/plain-duckdb.js';

/** The file's SELECT with its numbers written into it. */
async function render(file: string, values: Readonly<Record<string, number>>): Promise<string> {
  const sql = await readPackagedSql(file);
  return sql.replace(/(?<!:):([a-z_]+)/g, (text, name: string) => String(values[name] ?? text));
}

/** Writes the feature tables of the events below `logs`. */
export async function runPlain(logs: string, out: string): Promise<void> {
  const { run, value, close } = await openPlainEvents(logs, out);
  const firstDay = Number(
    await value('SELECT MIN(day_number) AS first_day FROM events WHERE user_id IS NOT NULL'),
  );
  for (const table of listTables(PROTOCOLS)) {
    const plan = planFeatures(table, firstDay * DAY_MS, 1);
    await run('CREATE OR REPLACE TABLE cuts (user_id VARCHAR, cut_ms BIGINT, label INTEGER)');
    for (const { file, values } of plan.cuts) await run(`INSERT INTO cuts ${await render(file, values)}`);
    const features = await render(plan.file, plan.values);
    const target = path.join(out, `${table}.parquet`);
    await run(
      `COPY (SELECT * FROM (${features}) AS f ORDER BY user_id, cut_ms) TO '${target}' (FORMAT parquet, COMPRESSION zstd)`,
    );
  }
  close();
}
