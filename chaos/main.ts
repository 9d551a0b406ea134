/**
 * `npm run chaos`: a soak. Loads, backfills and ingests go on while workers and services are SIGKILLed and connections, answers and time go
 * astray; then every table is compared with an oracle. Exit code 1 on any breach.
 */
import { randomInt } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import type { Span } from './plan.js';
import { formatCommand, formatReport } from './report.js';
import { runSoak } from './soak.js';
import { wholeNumber } from '../cli/whole-number.js';

interface Options {
  readonly seed?: number;
  readonly minutes: number;
  readonly short?: boolean;
  readonly json?: boolean;
  readonly keep?: boolean;
}

/** How a form of the soak goes about it. */
interface Form {
  readonly totalMs: number;
  readonly gapMs: Span;
  readonly lengthMs: Span;
  readonly days: number;
  readonly settleMs: number;
}

/** Each kind of fault once, in half a minute. */
const SHORT: Form = {
  totalMs: 27_000,
  gapMs: [1_200, 1_700],
  lengthMs: [500, 2_000],
  days: 10,
  settleMs: 180_000,
};
/** What the machine loads in a minute without a fault is less. */
const DAYS_A_MINUTE = 30;
const DEFAULT_MINUTES = 20;
const LARGEST_SEED = 2 ** 31 - 1;

const long = (minutes: number): Form => ({
  totalMs: minutes * 60_000,
  gapMs: [3_000, 12_000],
  lengthMs: [500, 15_000],
  days: Math.max(SHORT.days, Math.ceil(minutes * DAYS_A_MINUTE)),
  settleMs: 600_000,
});

function parseMinutes(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1_440) return value;
  throw new InvalidArgumentError('it is a number of minutes, a day at most');
}

// as cli/main.ts does
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const program = new Command('chaos')
  .usage('-- [options]')
  .description(
    'Runs loads, backfills and ingests while workers and services are killed and cut off, then compares every table',
  )
  .option('--seed <n>', 'which faults happen when; random by default', wholeNumber(0, LARGEST_SEED))
  .option('--minutes <n>', 'how long faults happen', parseMinutes, DEFAULT_MINUTES)
  .option('--short', 'each kind of fault once: a minute or two in all')
  .option('--json', 'print the result as JSON')
  .option('--keep', 'leave databases, logs and files for a look')
  .addHelpText(
    'after',
    `
Examples:
  npm run chaos
  npm run chaos -- --short --seed 1
  npm run chaos -- --seed 7 --minutes 60 --keep
It starts what it needs on free ports, and stops it. Exit code 1: a row, a run or a process is not as it should be.`,
  )
  .action(run);

async function run(options: Options): Promise<void> {
  const { short = false, json = false, keep = false, minutes } = options;
  const seed = options.seed ?? randomInt(LARGEST_SEED);
  const command = formatCommand({ seed, minutes, short });
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  say(`Seed ${String(seed)}: ${command}`);
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => interrupted.abort(new Error(signal)));
  try {
    const report = await runSoak({
      seed,
      ...(short ? SHORT : long(minutes)),
      keep,
      say,
      signal: interrupted.signal,
    });
    process.stdout.write(`${json ? JSON.stringify(report) : formatReport(report)}\n`);
    if (report.breaches.length === 0) return;
    say(`The same again: ${command}`);
    process.exitCode = 1;
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    say('Stopped');
    process.exitCode = 130;
  }
}

await program.parseAsync();
process.exit(); // the client of Temporal is still connected
