/** `airtempo data generate`: events of invented listeners, to a folder or a file. */
import type { Command } from 'commander';
import { parseS3Url } from '../../connections/s3-url.js';
import { connectS3 } from '../../connections/s3.js';
import { AirtempoError } from '../../core/errors.js';
import { createFolderSink } from '../../generator/sinks/folder.js';
import { createFileSink } from '../../generator/sinks/local-file.js';
import { createS3Sink } from '../../generator/sinks/s3.js';
import type { Sink } from '../../generator/sinks/sink.js';
import { createStreamSink } from '../../generator/sinks/stdout.js';
import { type GeneratorSpec, type GeneratorSpecInput, parseGeneratorSpec } from '../../generator/spec.js';
import { type Manifest, writeData } from '../../generator/write-data.js';
import type { App } from '../app.js';
import { print, printJson, say } from '../output.js';
import { createProgressLine } from '../progress-line.js';
import { untilStopped } from '../until-stopped.js';
import { describeRows } from './describe-rows.js';

interface GenerateOptions {
  readonly shape: string;
  readonly preset: string;
  readonly users: string;
  readonly from?: string;
  readonly to?: string;
  readonly seed: string;
  readonly out: string;
  readonly songs: string;
  readonly dirt?: string;
  readonly manifest?: string;
  readonly connId?: string;
  readonly json?: true;
}

/** Adds the subcommand `generate`. */
export function registerGenerate(data: Command, app: App): void {
  data
    .command('generate')
    .description('generate events; the same options give the same bytes')
    .requiredOption(
      '--out <place>',
      'a folder or s3://bucket/prefix/ (a file a day), a file that ends in .json or .json.gz, kafka://topic, or - for stdout',
    )
    .option('--shape <shape>', 'churn: events with up to 18 keys; log: the small files with songs', 'churn')
    .option('--preset <preset>', 'faithful, signal or strong: how well churn can be foreseen', 'signal')
    .option('--users <count>', 'invented listeners', '225')
    .option('--from <date>', 'first day, UTC (default: 2018-10-01; of the log shape 2018-11-01)')
    .option('--to <date>', 'the day after the last one, UTC (default: 2018-12-01)')
    .option('--seed <number>', 'another seed, other data', '1')
    .option('--songs <count>', 'song files of the log shape', '1000')
    .option('--dirt <rates>', 'faults: duplicates=0.01,late=0.01,malformed=0.001,double-encoded=0.5')
    .option('--manifest <file>', 'where the manifest goes when --out is -')
    .option('--conn-id <id>', 'connection for s3:// (default: aws_credentials) or kafka:// (default: kafka)')
    .option('--json', 'print the manifest as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ airtempo data generate --out events --users 100
  $ airtempo data generate --out events.json.gz --preset faithful --users 2000 --seed 7
  $ airtempo data generate --out s3://sparkify/events/ --conn-id s3_local --dirt late=0.02,duplicates=0.01
  $ airtempo data generate --out sample --shape log --users 97
  $ airtempo data generate --out kafka://events --users 100
  $ airtempo data generate --out - --users 10 | head

Beside the output, a manifest (OUT.manifest.json) has the exact counts and the SHA-256 of the lines.
With more users, the events of the first ones stay the same.`,
    )
    .action((options: GenerateOptions) => run(app, options));
}

async function run(app: App, options: GenerateOptions): Promise<void> {
  const spec = parseSpec(options);
  const opened = await createSink(app, options, spec);
  const progress = createProgressLine(process.stderr, describeRows);
  try {
    await untilStopped('Stopped before the end: nothing was kept.', async (signal) => {
      const manifest = await writeData(spec, opened.sink, { signal, onProgress: progress.show }).finally(() =>
        progress.clear(),
      );
      if (options.out === '-') say(describe(manifest, 'stdout'));
      else if (options.json === true) printJson(manifest);
      else print(describe(manifest, options.out));
    });
  } finally {
    await opened.close();
  }
}

function parseSpec(options: GenerateOptions): GeneratorSpec {
  const { shape, preset, users, from, to, seed, songs, dirt } = options;
  return parseGeneratorSpec({
    shape: shape as GeneratorSpecInput['shape'],
    preset: preset as GeneratorSpecInput['preset'],
    users: parseNumber('--users', users),
    seed: parseNumber('--seed', seed),
    songs: parseNumber('--songs', songs),
    from,
    to,
    ...(dirt === undefined ? {} : { dirt: parseDirt(dirt) }),
  });
}

/** `late=0.01,double-encoded=0.5` */
function parseDirt(text: string): NonNullable<GeneratorSpecInput['dirt']> {
  const rates = text.split(',').map((part) => {
    const [, name, rate] = /^([a-z-]+)=(\d*\.?\d+)$/.exec(part.trim()) ?? [];
    if (name === undefined || !FAULTS.includes(name)) {
      throw new AirtempoError(
        'INVALID_ARGUMENT',
        `--dirt ${text}: ${JSON.stringify(part)} is no fault with its chance. Write ${FAULTS.join(', ')}, each with = and a number from 0 to 1.`,
      );
    }
    return [name === 'double-encoded' ? 'doubleEncoded' : name, Number(rate)] as const;
  });
  return Object.fromEntries(rates);
}

const FAULTS: readonly string[] = ['duplicates', 'late', 'malformed', 'double-encoded'];

function parseNumber(option: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new AirtempoError('INVALID_ARGUMENT', `${option} ${text} is not a whole number.`);
}

interface OpenSink {
  readonly sink: Sink;
  close(): Promise<void> | void;
}

async function createSink(app: App, options: GenerateOptions, spec: GeneratorSpec): Promise<OpenSink> {
  const { out, connId, manifest } = options;
  const close = (): void => undefined;
  const topic = /^kafka:\/\/(.+)$/.exec(out)?.[1];
  const isOneFile = topic !== undefined || out === '-' || /\.json(\.gz)?$/.test(out);
  if (isOneFile && spec.shape === 'log') {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `--out ${out}: the log shape has files of songs too. Give a folder or s3://bucket/prefix/.`,
    );
  }
  if (manifest !== undefined && out !== '-') {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `--manifest ${manifest}: only --out - needs it, else the manifest is beside the output.`,
    );
  }
  if (out === '-') return { sink: createStreamSink(process.stdout, manifest), close };
  if (topic !== undefined) {
    const { createKafkaSink } = await import('../../generator/sinks/kafka.js');
    const connection = await app.registry.get(connId ?? 'kafka');
    return createKafkaSink({ connection, topic, source: `generated ${JSON.stringify(spec)}` });
  }
  if (isOneFile) return { sink: createFileSink(out), close };
  if (!/^s3[an]?:/.test(out)) return { sink: await createFolderSink(out), close };
  const place = parseS3Url(out);
  const connection = await app.registry.get(connId ?? 'aws_credentials');
  const storage = connectS3(connection);
  return { sink: await createS3Sink({ ...place, storage, connection }), close: () => storage.close() };
}

function describe({ rows, usersSeen, churners, sha256 }: Manifest, out: string): string {
  const count = (value: number): string => value.toLocaleString('en-US');
  return `${out}: ${count(rows)} events of ${count(usersSeen)} users, ${count(churners)} of whom cancelled; sha256 ${sha256}`;
}
