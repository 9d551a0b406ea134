/** `airtempo s3 summarize`: what is below a prefix, before anything is loaded from it. */
import type { Command } from 'commander';
import { connectS3 } from '../../connections/s3.js';
import { summarizeS3, type SummarizeProgress } from '../../connections/summarize/summarize-s3.js';
import type { App } from '../app.js';
import { print, printJson, terminalWidth } from '../output.js';
import { createProgressLine } from '../progress-line.js';
import { untilStopped } from '../until-stopped.js';
import { formatBytes, formatCount, formatSummary } from './format-summary.js';
import { wholeNumber } from '../whole-number.js';

interface SummarizeCommandOptions {
  readonly connId: string;
  readonly depth: number;
  readonly sample: number;
  readonly records?: true;
  readonly json?: true;
}

/** Of folders, and of objects to read under each. */
const MOST = 1_000;

/** Adds the subcommand `summarize`. */
export function registerSummarize(s3: Command, app: App): void {
  s3.command('summarize')
    .description('count objects, bytes and records below a prefix, and show a sample and the fields')
    .argument('<url>', 's3://bucket/prefix; the prefix is plain text, so log_data also means log_data_old/')
    .option('--conn-id <id>', 'connection of type aws or s3', 'aws_credentials')
    .option('--depth <folders>', 'folders below the prefix that are told apart', wholeNumber(0, MOST), 1)
    .option(
      '--sample <objects>',
      'objects to read under each prefix for the estimate and the fields',
      wholeNumber(0, MOST),
      3,
    )
    .option('--records', 'read every object and count, instead of estimating from a sample')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ airtempo s3 summarize s3://sparkify/
  $ airtempo s3 summarize s3://sparkify/log_data/ --depth 3 --records
  $ airtempo s3 summarize s3://sparkify/song_data/ --sample 20 --json

JSON and CSV are understood, plain and gzipped. Objects are listed a thousand at a time: some 10 seconds for
each 100,000 on AWS. Reading costs what GET requests cost.`,
    )
    .action((url: string, options: SummarizeCommandOptions) => run(app, url, options));
}

async function run(app: App, url: string, options: SummarizeCommandOptions): Promise<void> {
  const { depth, sample } = options;
  const storage = connectS3(await app.registry.get(options.connId));
  const progress = createProgressLine(process.stderr, describeObjects);
  await untilStopped('Stopped before the end: there is no summary.', async (signal) => {
    const summary = await summarizeS3(storage, url, {
      depth,
      sample,
      countRecords: options.records === true,
      signal,
      onProgress: progress.show,
    }).finally(() => progress.clear());
    if (options.json === true) printJson(summary);
    else print(formatSummary(summary, terminalWidth()));
  }).finally(() => storage.close());
}

function describeObjects(_elapsedMs: number, { objects, bytes, read }: SummarizeProgress): string {
  return `${formatCount(objects)} objects, ${formatBytes(bytes)} listed; ${formatCount(read)} read`;
}
