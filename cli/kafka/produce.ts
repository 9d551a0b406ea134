/** `airtempo kafka produce`: the lines of files, as a stream. */
import type { Command } from 'commander';
import type { Pace } from '../../connections/kafka/produce/pace.js';
import { produceLines, type ProduceCounts } from '../../connections/kafka/produce/produce-lines.js';
import { openLineSource } from '../../connections/kafka/produce/source.js';
import { checkTopicName } from '../../connections/kafka/topics.js';
import { AirtempoError } from '../../core/errors.js';
import type { App } from '../app.js';
import { print, printJson, say } from '../output.js';
import { createProgressLine } from '../progress-line.js';
import { untilStopped } from '../until-stopped.js';
import { BROKERS, CONN_ID, findBrokers, type BrokerOptions } from './broker-options.js';

interface ProduceCommandOptions extends BrokerOptions {
  readonly file: string;
  readonly topic: string;
  readonly interval?: string;
  readonly rate?: string;
  readonly speedup?: string;
  readonly loop?: true;
  readonly resume?: true;
  readonly partitions: string;
  readonly s3ConnId: string;
  readonly json?: true;
}

/** Adds `produce` to the group. */
export function registerProduce(kafka: Command, app: App): void {
  kafka
    .command('produce')
    .description('send the lines of files to a topic, each as one message with the userId as its key')
    .requiredOption('--file <place>', 'a .json or .json.gz file, a folder, or s3://bucket/prefix/')
    .option('--topic <name>', 'made if it is not there', 'events')
    .option('--interval <seconds>', 'between two messages; 0: as fast as they are acknowledged (default)')
    .option('--rate <n>', 'so many messages a second')
    .option('--speedup <factor>', "by the events' own times, so many times as fast")
    .option('--loop', 'begin again at the end, until Ctrl-C')
    .option('--resume', 'leave out what was sent of this file before')
    .option('--partitions <n>', 'of a topic that is made', '3')
    .addOption(CONN_ID)
    .addOption(BROKERS)
    .option('--s3-conn-id <id>', 'connection of type aws or s3, for s3://', 'aws_credentials')
    .option('--json', 'print the counts as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ airtempo kafka produce --file events.json.gz --topic events --interval 1
  $ airtempo kafka produce --file events --rate 2000
  $ airtempo kafka produce --file s3://sparkify/events/ --speedup 60
  $ airtempo kafka produce --file events.json.gz --resume

Ctrl-C sends what was taken and ends. Where a source has come to is found in the topic itself: each message has its
source and line in its headers. With --resume nothing is sent twice, even after the producer was killed.
Lines are sent as they are: it is for the consumer to judge them. How many are no JSON is told.`,
    )
    .action((options: ProduceCommandOptions) => run(app, options));
}

async function run(app: App, options: ProduceCommandOptions): Promise<void> {
  const { file, topic, loop, resume, json } = options;
  checkTopicName(topic);
  const pace = readPace(options);
  if (loop === true && resume === true) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      '--loop and --resume: a loop has no end to go on to. Give one of them.',
    );
  }
  const partitions = Math.ceil(readNumber('--partitions', options.partitions));
  const connection = await findBrokers(app, options);
  const { name, openLines, close } = await openLineSource(file, () => app.registry.get(options.s3ConnId));
  const progress = createProgressLine(process.stderr, describeProgress);
  await untilStopped('Stopped: what was taken is sent. With --resume the rest follows.', async (signal) => {
    const request = { topic, partitions, source: name, pace, loop, resume };
    const options = { signal, onProgress: progress.show };
    const counts = await produceLines(connection, openLines, request, options).finally(() =>
      progress.clear(),
    );
    if (json === true) printJson({ topic, source: name, ...counts });
    else print(describe(topic, file, counts));
    signal.throwIfAborted();
  }).finally(close);
}

function describe(topic: string, file: string, { sent, skipped, notJson }: ProduceCounts): string {
  const left = skipped === 0 ? '' : `, ${format(skipped)} were there`;
  if (notJson > 0) say(`${format(notJson)} of them are no JSON objects.`);
  return `${topic}: ${format(sent)} messages of ${file} sent${left}`;
}

function describeProgress(elapsedMs: number, { sent }: ProduceCounts): string {
  return `${format(sent)} messages, ${format(Math.round((1000 * sent) / elapsedMs))} a second`;
}

const format = (value: number): string => value.toLocaleString('en-US');

function readPace({ interval, rate, speedup }: ProduceCommandOptions): Pace {
  const given = [interval, rate, speedup].filter((one) => one !== undefined);
  if (given.length > 1)
    throw new AirtempoError('INVALID_ARGUMENT', 'Give one of --interval, --rate and --speedup.');
  if (rate !== undefined) return { kind: 'rate', perSecond: readNumber('--rate', rate) };
  if (speedup !== undefined) return { kind: 'speedup', factor: readNumber('--speedup', speedup) };
  return interval === undefined || Number(interval) === 0
    ? { kind: 'fast' }
    : { kind: 'interval', seconds: readNumber('--interval', interval) };
}

function readNumber(option: string, text: string): number {
  const value = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0) return value;
  throw new AirtempoError('INVALID_ARGUMENT', `${option} ${text} is no number above 0.`);
}
