/** `airtempo data check`: event data beside the published figures of the original. */
import { type Command, Option } from 'commander';
import { createEvents } from '../../connections/duckdb/create-events.js';
import { openDuckDb } from '../../connections/duckdb/duckdb.js';
import { connectS3 } from '../../connections/s3.js';
import type { Check } from '../../generator/calibration/check.js';
import { checkCalibration } from '../../generator/calibration/churn-checks.js';
import { checkLogCalibration } from '../../generator/calibration/log-checks.js';
import type { Shape } from '../../generator/spec.js';
import type { App } from '../app.js';
import { formatTable, print, printJson, style } from '../output.js';
import { untilStopped } from '../until-stopped.js';
import { measureChurnShape, measureLogShape } from './measure.js';

interface CheckOptions {
  readonly shape: Shape;
  readonly connId: string;
  readonly json?: true;
}

/** Adds the subcommand `check`. */
export function registerCheck(data: Command, app: App): void {
  data
    .command('check')
    .description('compare event data with the published figures of the original')
    .argument('<source>', 'a folder, a .json, .json.gz or .parquet file, or s3://bucket/prefix/')
    .addOption(
      new Option('--shape <shape>', 'what the data is to be like, see "data generate"')
        .choices(['churn', 'log'])
        .default('churn'),
    )
    .option('--conn-id <id>', 'connection of type aws or s3', 'aws_credentials')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ airtempo data generate --out events.json.gz --preset faithful --users 2000
  $ airtempo data check events.json.gz
  $ airtempo data check --shape log sample/log_data

The targets are those of the original event data with 22,277 users, which only the preset faithful is meant to
meet; of the log shape, those of the original log files with 97 users. With fewer users the tolerance is four
standard errors. Ends with exit code 1 when something is outside.`,
    )
    .action((source: string, options: CheckOptions) => run(app, source, options));
}

async function run(app: App, source: string, options: CheckOptions): Promise<void> {
  await untilStopped('Stopped before the end.', async (signal) => {
    const storage = source.startsWith('s3') ? connectS3(await app.registry.get(options.connId)) : undefined;
    const db = await openDuckDb({ signal });
    try {
      await createEvents(db, source, { storage, signal });
      const checks =
        options.shape === 'log'
          ? checkLogCalibration(await measureLogShape(db, source))
          : checkCalibration(await measureChurnShape(db, source));
      const isOk = checks.every(({ ok }) => ok);
      if (options.json === true) printJson({ ok: isOk, checks });
      else print(formatChecks(checks));
      if (!isOk) process.exitCode = 1;
    } finally {
      await db.close();
      storage?.close();
    }
  });
}

function formatChecks(checks: readonly Check[]): string {
  const rows = checks.map(({ name, target, found, tolerance, ok }) => [
    name,
    formatNumber(target),
    formatNumber(found),
    `± ${formatNumber(tolerance)}`,
    ok ? style('green', 'ok') : style('red', 'outside'),
  ]);
  const failed = checks.filter(({ ok }) => !ok).length;
  const end =
    failed === 0
      ? `All ${checks.length} checks are met.`
      : `${failed} of ${checks.length} checks are outside.`;
  return `${formatTable(['check', 'target', 'found', 'tolerance', ''], rows)}\n\n${end}`;
}

/** Three digits that say something. */
function formatNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString('en-US')
    : String(Number(value.toPrecision(3)));
}
