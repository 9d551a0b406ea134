/** `npm run demo:insights`: invented listeners, their events, and the report on them, from nothing. */
import path from 'node:path';
import type { Command } from 'commander';
import { createFileSink } from '../../generator/sinks/local-file.js';
import { parseGeneratorSpec } from '../../generator/spec.js';
import { writeData } from '../../generator/write-data.js';
import { AirtempoError } from '../../core/errors.js';
import { chooseInsights } from '../../insights/catalog/index.js';
import { describeRows } from '../data/describe-rows.js';
import { openInBrowser } from '../open-in-browser.js';
import { print, printJson, say, style } from '../output.js';
import { createProgressLine } from '../progress-line.js';
import { untilStopped } from '../until-stopped.js';
import { describeStep } from './describe-step.js';
import { formatResult } from './run.js';

interface DemoOptions {
  readonly out: string;
  readonly users: string;
  readonly json?: true;
}

/** Adds the subcommand `demo`. */
export function registerDemo(insights: Command): void {
  insights
    .command('demo')
    .description('generate events of invented listeners, and report on them')
    .option('--out <folder>', 'where events and report go', path.join('.airtempo', 'demo-insights'))
    .option('--users <count>', 'invented listeners', '500')
    .option('--json', 'print what was found and written as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ npm run demo:insights\n  $ airtempo insights demo --users 2000 --out demo\n\nIn a terminal the report is opened in your browser.',
    )
    .action((options: DemoOptions) => demo(options));
}

async function demo({ out, users, json }: DemoOptions): Promise<void> {
  if (!/^[1-9]\d{0,5}$/.test(users)) {
    throw new AirtempoError('INVALID_ARGUMENT', `--users ${users} is not a whole number from 1 to 999999.`);
  }
  const rows = createProgressLine(process.stderr, describeRows);
  const progress = createProgressLine(process.stderr, describeStep, 0);
  const events = path.join(out, 'events.json.gz');
  await untilStopped('Stopped before the end.', async (signal) => {
    const spec = parseGeneratorSpec({ users: Number(users) });
    const manifest = await writeData(spec, createFileSink(events), {
      signal,
      onProgress: rows.show,
    }).finally(() => rows.clear());
    say(
      `${style('green', '✔')} ${events}: ${manifest.rows.toLocaleString('en-US')} events of invented listeners`,
    );
    const { produceInsights } = await import('../../insights/produce.js');
    const result = await produceInsights(events, path.join(out, 'report'), {
      insights: chooseInsights(undefined),
      formats: ['csv'],
      signal,
      onProgress: progress.show,
    }).finally(() => progress.clear());
    if (json === true) printJson(result);
    else print(formatResult(result));
    if (json !== true) openInBrowser(result.report);
  });
}
