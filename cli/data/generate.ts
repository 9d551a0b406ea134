/** `airtempo data generate`: events of invented listeners, to a folder or a file. */
import type { Command } from 'commander';
import { AirtempoError } from '../../core/errors.js';
import { createFolderSink } from '../../generator/sinks/folder.js';
import { createFileSink } from '../../generator/sinks/local-file.js';
import type { Sink } from '../../generator/sinks/sink.js';
import { type GeneratorSpec, type GeneratorSpecInput, parseGeneratorSpec } from '../../generator/spec.js';
import { type Manifest, writeData } from '../../generator/write-data.js';
import { print, printJson, say } from '../output.js';
import { waitForStop } from '../wait-for-stop.js';
import { createProgressLine } from './progress-line.js';

interface GenerateOptions {
  readonly shape: string;
  readonly preset: string;
  readonly users: string;
  readonly from?: string;
  readonly to?: string;
  readonly seed: string;
  readonly out: string;
  readonly json?: true;
}

/** Adds the subcommand `generate`. */
export function registerGenerate(data: Command): void {
  data
    .command('generate')
    .description('generate events; the same options give the same bytes')
    .requiredOption('--out <place>', 'a folder (a file a day), or a file that ends in .json or .json.gz')
    .option('--shape <shape>', 'churn: events with up to 18 keys', 'churn')
    .option('--preset <preset>', 'faithful, signal or strong: how well churn can be foreseen', 'signal')
    .option('--users <count>', 'invented listeners', '225')
    .option('--from <date>', 'first day, UTC (default: 2018-10-01)')
    .option('--to <date>', 'the day after the last one, UTC (default: 2018-12-01)')
    .option('--seed <number>', 'another seed, other data', '1')
    .option('--json', 'print the manifest as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ airtempo data generate --out events --users 100
  $ airtempo data generate --out events.json.gz --preset faithful --users 2000 --seed 7

Beside the output, a manifest (OUT.manifest.json) has the exact counts and the SHA-256 of the lines.
With more users, the events of the first ones stay the same.`,
    )
    .action((options: GenerateOptions) => run(options));
}

async function run(options: GenerateOptions): Promise<void> {
  const spec = parseSpec(options);
  const sink = await createSink(options.out);
  const stop = waitForStop();
  const progress = createProgressLine(process.stderr);
  try {
    const manifest = await writeData(spec, sink, { signal: stop.signal, onProgress: progress.show });
    progress.clear();
    if (options.json === true) printJson(manifest);
    else print(describe(manifest, options.out));
  } catch (error) {
    progress.clear();
    if (!stop.signal.aborted) throw error;
    say('Stopped before the end: nothing was kept.');
    process.exitCode = 130;
  } finally {
    stop.dispose();
  }
}

function parseSpec({ shape, preset, users, from, to, seed }: GenerateOptions): GeneratorSpec {
  return parseGeneratorSpec({
    shape: shape as GeneratorSpecInput['shape'],
    preset: preset as GeneratorSpecInput['preset'],
    users: parseNumber('--users', users),
    seed: parseNumber('--seed', seed),
    from,
    to,
  });
}

function parseNumber(option: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new AirtempoError('INVALID_ARGUMENT', `${option} ${text} is not a whole number.`);
}

async function createSink(out: string): Promise<Sink> {
  return /\.json(\.gz)?$/.test(out) ? createFileSink(out) : createFolderSink(out);
}

function describe({ rows, usersSeen, churners, sha256 }: Manifest, out: string): string {
  const count = (value: number): string => value.toLocaleString('en-US');
  return `${out}: ${count(rows)} events of ${count(usersSeen)} users, ${count(churners)} of whom cancelled; sha256 ${sha256}`;
}
