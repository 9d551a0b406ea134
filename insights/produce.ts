/** From a source of events to a folder with the tables and the report. */
import path from 'node:path';
import { OVERVIEW } from './catalog/index.js';
import { openFiles, type OpenFilesOptions } from './events/open-files.js';
import { openWarehouse, type Warehouse } from './events/open-warehouse.js';
import { ofWarehouse } from './of-warehouse.js';
import type { Insight } from './insight.js';
import { checkFolder, MANIFEST, publishFolder } from './publish-folder.js';
import { renderReport } from './report/render-report.js';
import { runInsights, runQuery } from './run-insights.js';
import { formatRows, type Format } from './tables.js';
import { num } from './words.js';

export interface ProduceOptions extends OpenFilesOptions {
  readonly insights: readonly Insight[];
  /** Of the tables. */
  readonly formats: readonly Format[];
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
 * Runs the insights over files or a warehouse, which has no answer to some, and puts tables, `report.html` and `insights.json` into the folder `out`, all at once.
 * Errors: those of `openFiles`, `openWarehouse` and SQL; INVALID_ARGUMENT when `out` holds something else.
 */
export async function produceInsights(
  from: string | Warehouse,
  out: string,
  options: ProduceOptions,
): Promise<ProduceResult> {
  const { formats, onProgress = () => {}, ...rest } = options;
  const isFile = typeof from === 'string';
  const insights = isFile ? options.insights : ofWarehouse(options.insights);
  const folder = path.resolve(out);
  await checkFolder(folder);
  const queries = insights.reduce((sum, each) => sum + each.queries.length, 0);
  const total = queries + 2;
  onProgress(`reading ${isFile ? from : from.connection.id}`, 0, total);
  const db = isFile ? await openFiles(from, rest) : await openWarehouse(from, rest);
  try {
    const { source, badRecords } = db;
    const overview = await runQuery(db, OVERVIEW);
    const results = await runInsights(db, insights, (done, _, title) => onProgress(title, done + 1, total));
    const counted = await db.query('SELECT COUNT(*) AS n FROM events');
    const events = num(counted.rows[0], 'n');
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
