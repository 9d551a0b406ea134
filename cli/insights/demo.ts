/** `npm run demo:insights`: invented listeners, their events, and the report on them, from nothing. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Command } from 'commander';
import { createFileSink } from '../../generator/sinks/local-file.js';
import { parseGeneratorSpec } from '../../generator/spec.js';
import { writeData } from '../../generator/write-data.js';
import { AirtempoError } from '../../core/errors.js';
import { chooseInsights } from '../../insights/catalog/index.js';
import { createProgressLine as createRowsLine } from '../data/progress-line.js';
import { print, printJson, say, style } from '../output.js';
import { waitForStop } from '../wait-for-stop.js';
import { createProgressLine } from './progress-line.js';
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
  const stop = waitForStop();
  const rows = createRowsLine(process.stderr);
  const progress = createProgressLine(process.stderr);
  const events = path.join(out, 'events.json.gz');
  try {
    const spec = parseGeneratorSpec({ users: Number(users) });
    const manifest = await writeData(spec, createFileSink(events), {
      signal: stop.signal,
      onProgress: rows.show,
    });
    rows.clear();
    say(
      `${style('green', '✔')} ${events}: ${manifest.rows.toLocaleString('en-US')} events of invented listeners`,
    );
    const { produceInsights } = await import('../../insights/produce.js');
    const result = await produceInsights(events, path.join(out, 'report'), {
      insights: chooseInsights(undefined),
      formats: ['csv'],
      signal: stop.signal,
      onProgress: progress.show,
    });
    progress.clear();
    if (json === true) printJson(result);
    else print(formatResult(result));
    if (process.stdout.isTTY && json !== true) openInBrowser(result.report);
  } catch (error) {
    rows.clear();
    progress.clear();
    if (!stop.signal.aborted) throw error;
    say('Stopped before the end.');
    process.exitCode = 130;
  } finally {
    stop.dispose();
  }
}

/** Best effort: the path has been printed. */
function openInBrowser(file: string): void {
  const command = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(command, [file], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
