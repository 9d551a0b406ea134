/** `airtempo data check`: event data beside the published figures of the original. */
import type { Command } from 'commander';
import { createEvents } from '../../connections/duckdb/create-events.js';
import { openDuckDb } from '../../connections/duckdb/duckdb.js';
import { connectS3 } from '../../connections/s3.js';
import { type Check, checkCalibration } from '../../generator/calibration/checks.js';
import type { App } from '../app.js';
import { formatTable, print, printJson, say, style } from '../output.js';
import { waitForStop } from '../wait-for-stop.js';
import { measure } from './measure.js';

interface CheckOptions {
  readonly connId: string;
  readonly json?: true;
}

/** Adds the subcommand `check`. */
export function registerCheck(data: Command, app: App): void {
  data
    .command('check')
    .description('compare event data with the published figures of the original')
    .argument('<source>', 'a folder, a .json, .json.gz or .parquet file, or s3://bucket/prefix/')
    .option('--conn-id <id>', 'connection of type aws or s3', 'aws_credentials')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ airtempo data generate --out events.json.gz --preset faithful --users 2000
  $ airtempo data check events.json.gz

The targets are those of the original event data with 22,277 users; only the preset faithful is meant to meet
them. With fewer users the tolerance is four standard errors. Ends with exit code 1 when something is outside.`,
    )
    .action((source: string, options: CheckOptions) => run(app, source, options));
}

async function run(app: App, source: string, options: CheckOptions): Promise<void> {
  const stop = waitForStop();
  const storage = source.startsWith('s3') ? connectS3(await app.registry.get(options.connId)) : undefined;
  const db = await openDuckDb({ signal: stop.signal });
  try {
    await createEvents(db, source, { storage, signal: stop.signal });
    const checks = checkCalibration(await measure(db, source));
    const failed = checks.filter(({ ok }) => !ok);
    if (options.json === true) printJson({ ok: failed.length === 0, checks });
    else print(formatChecks(checks));
    if (failed.length > 0) process.exitCode = 1;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say('Stopped before the end.');
    process.exitCode = 130;
  } finally {
    stop.dispose();
    await db.close();
    storage?.close();
  }
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
