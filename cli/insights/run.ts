/** `airtempo insights run`: from events to a folder with tables and a report. */
import type { Command } from 'commander';
import { connectS3 } from '../../connections/s3.js';
import { AirtempoError } from '../../core/errors.js';
import type { Warehouse } from '../../insights/events/open-warehouse.js';
import { chooseInsights } from '../../insights/catalog/index.js';
import type { ProduceResult } from '../../insights/produce.js';
import { FORMATS, type Format } from '../../insights/tables.js';
import type { App } from '../app.js';
import { print, printJson, style } from '../output.js';
import { createProgressLine } from '../progress-line.js';
import { untilStopped } from '../until-stopped.js';
import { describeStep } from './describe-step.js';

interface RunOptions {
  readonly out: string;
  readonly only?: string;
  readonly format: string;
  readonly until?: string;
  readonly memory: string;
  readonly connId?: string;
  readonly json?: true;
}

/** Adds the subcommand `run`. */
export function registerRun(insights: Command, app: App): void {
  insights
    .command('run')
    .description('compute the insights: tables, and report.html')
    .argument(
      '[source]',
      'a folder, a .json, .json.gz or .parquet file, a lake, or s3://bucket/prefix/ (default: staging_events of --conn-id)',
    )
    .requiredOption(
      '--out <folder>',
      'a folder that is new, empty, or of an earlier report, which is replaced',
    )
    .option('--only <list>', 'numbers or ids of insights, such as 1,churn (default: all)')
    .option('--format <list>', 'of the tables: csv, json, or csv,json', 'csv')
    .option('--until <date>', 'events before this date only, UTC')
    .option('--memory <size>', 'memory for DuckDB; what does not fit is put on disk', '1GB')
    .option(
      '--conn-id <id>',
      'of type aws or s3 for s3:// (default: aws_credentials); of type redshift or postgres, without a source',
    )
    .option('--json', 'print what was found and written as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ airtempo insights run events.json.gz --out report
  $ airtempo insights run s3://sparkify/log_data/ --out report --format csv,json
  $ airtempo insights run --conn-id redshift --out report
  $ airtempo insights run lake --out report --only 1,3,churn --json

The report is one file without anything from elsewhere: send it as it is.`,
    )
    .action((source: string | undefined, options: RunOptions) => run(app, source, options));
}

async function run(app: App, source: string | undefined, options: RunOptions): Promise<void> {
  const insights = chooseInsights(options.only?.split(','));
  const formats = parseFormats(options.format);
  const until = parseUntil(options.until);
  const from = source ?? (await findWarehouse(app, options.connId));
  const isOnS3 = /^s3[an]?:\/\//.test(source ?? '');
  const storage = isOnS3 ? connectS3(await app.registry.get(options.connId ?? 'aws_credentials')) : undefined;
  const progress = createProgressLine(process.stderr, describeStep, 0);
  await untilStopped('Stopped before the end: the folder is as it was.', async (signal) => {
    const { produceInsights } = await import('../../insights/produce.js');
    const result = await produceInsights(from, options.out, {
      insights,
      formats,
      until,
      storage,
      memoryLimit: options.memory,
      signal,
      onProgress: progress.show,
    }).finally(() => progress.clear());
    if (options.json === true) printJson(result);
    else print(formatResult(result));
  }).finally(() => storage?.close());
}

async function findWarehouse({ registry }: App, connId: string | undefined): Promise<Warehouse> {
  if (connId !== undefined) {
    return { connection: await registry.get(connId), findConnection: (id) => registry.get(id) };
  }
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    'There is no source of events. Name files, or --conn-id, a connection of type redshift or postgres.',
  );
}

function parseFormats(text: string): readonly Format[] {
  const names = [...new Set(text.split(','))];
  const unknown = names.find((name) => !(FORMATS as readonly string[]).includes(name));
  if (unknown === undefined) return names as Format[];
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `--format ${text}: ${JSON.stringify(unknown)} is no format. Write csv, json or csv,json.`,
  );
}

function parseUntil(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = new Date(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new AirtempoError('INVALID_ARGUMENT', `--until ${text} is no date. Write it as 2018-12-01.`);
}

/** The findings, and where the rest is. */
export function formatResult({ insights, report, events, badRecords, source }: ProduceResult): string {
  const found = insights.map(({ number, title, findings }) => {
    const lines = findings.length === 0 ? ['The data says nothing on this.'] : findings;
    return `${style('bold', `${String(number)} ${title}`)}\n${lines.map((line) => `  ${line}`).join('\n')}`;
  });
  const bad = badRecords === 0 ? '' : `, ${badRecords.toLocaleString('en-US')} bad records left out`;
  return `${found.join('\n')}\n\n${events.toLocaleString('en-US')} events of ${source}${bad}.\nReport: ${report}`;
}
