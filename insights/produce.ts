/** From a source of events to a folder with the tables and the report. */
import path from 'node:path';
import { createEvents } from '../connections/duckdb/create-events.js';
import { openDuckDb } from '../connections/duckdb/duckdb.js';
import type { S3Storage } from '../connections/s3.js';
import type { Insight } from './insight.js';
import { OVERVIEW } from './catalog/index.js';
import { checkFolder, MANIFEST, publishFolder } from './publish-folder.js';
import { renderReport } from './report/render-report.js';
import { runInsights, runQuery } from './run-insights.js';
import { formatRows, type Format } from './tables.js';

export interface ProduceOptions {
  readonly insights: readonly Insight[];
  /** Of the tables. */
  readonly formats: readonly Format[];
  /** Events before this instant only. Default: all. */
  readonly until?: Date | undefined;
  /** Of sources on S3. */
  readonly storage?: S3Storage | undefined;
  /** Of DuckDB, such as `2GB`. */
  readonly memoryLimit?: string | undefined;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What is being done; `done` of `total` steps are. */
  readonly onProgress?: (text: string, done: number, total: number) => void;
}

export interface InsightSummary {
  readonly number: number;
  readonly id: string;
  readonly title: string;
  readonly findings: readonly string[];
  readonly tables: readonly { readonly file: string; readonly rows: number }[];
}

export interface ProduceResult {
  readonly source: string;
  readonly out: string;
  readonly report: string;
  readonly events: number;
  readonly badRecords: number;
  readonly insights: readonly InsightSummary[];
}

/**
 * Runs the insights over a source and puts tables, `report.html` and `insights.json` into the folder `out`, all at once.
 * Errors: those of `createEvents` and of SQL; INVALID_ARGUMENT when `out` holds something else.
 */
export async function produceInsights(
  source: string,
  out: string,
  options: ProduceOptions,
): Promise<ProduceResult> {
  const { insights, formats, until, onProgress = () => {}, ...rest } = options;
  const folder = path.resolve(out);
  await checkFolder(folder);
  const queries = insights.reduce((sum, each) => sum + each.queries.length, 0);
  const total = queries + 2;
  onProgress(`reading ${source}`, 0, total);
  const db = await openDuckDb(rest);
  try {
    const { badRecords } = await createEvents(db, source, rest);
    await limitEvents(db, until);
    const overview = await runQuery(db, OVERVIEW);
    const results = await runInsights(db, insights, (done, _, title) => onProgress(title, done + 1, total));
    const [counted] = await db.rows('SELECT COUNT(*) AS n FROM events');
    const events = Number(counted?.['n']);
    onProgress('drawing the report', queries + 1, total);
    rest.signal?.throwIfAborted();
    const report = await renderReport({ source, events, badRecords, overview, insights: results });
    const files = new Map<string, string>([['report.html', report]]);
    const all = [overview, ...results.flatMap((insight) => insight.results)];
    for (const format of formats) {
      for (const result of all)
        files.set(`tables/${result.query.file}.${format}`, formatRows(result, format));
    }
    const summary = {
      source,
      events,
      badRecords,
      insights: results.map(({ insight: { number, id, title }, results }) => ({
        number,
        id,
        title,
        findings: results.flatMap(({ query, rows }) => query.finding?.(rows) ?? []),
        tables: results.map(({ query, rows }) => ({ file: query.file, rows: rows.length })),
      })),
    };
    files.set(MANIFEST, `${JSON.stringify(summary, undefined, 2)}\n`);
    rest.signal?.throwIfAborted();
    await publishFolder(folder, files);
    return { ...summary, out: folder, report: path.join(folder, 'report.html') };
  } finally {
    await db.close();
  }
}

async function limitEvents(
  db: Awaited<ReturnType<typeof openDuckDb>>,
  until: Date | undefined,
): Promise<void> {
  if (until === undefined) return;
  await db.run('ALTER VIEW events RENAME TO all_events');
  await db.run(`CREATE VIEW events AS SELECT * FROM all_events WHERE ts_ms < ${String(until.getTime())}`);
}
