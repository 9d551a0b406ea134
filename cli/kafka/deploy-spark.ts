/** `airtempo kafka deploy-spark`: the ingest into the lake as a Spark job, on EMR, by spark-submit, or on this machine. */
import { setTimeout as delay } from 'node:timers/promises';
import path from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { computeLookAgainMs } from '../../activities/emr/look-again.js';
import { listStreamJobArgs, nameStreamJob, streamJobFiles } from '../../activities/kafka/stream-job.js';
import { describeFailure } from '../../activities/spark/describe-failure.js';
import { placeJobFiles } from '../../activities/spark/place-job-files.js';
import { isOnS3 } from '../../activities/spark/upload-job-files.js';
import { sqlFolder } from '../../activities/sql/sql-folder.js';
import { checkTopicName } from '../../connections/kafka/topics.js';
import type { SparkRunner, SubmittedJob } from '../../connections/spark/spark-runner.js';
import type { App } from '../app.js';
import { print, printJson, say } from '../output.js';
import { createProgressLine } from '../progress-line.js';
import { untilStopped } from '../until-stopped.js';
import { openSparkPlace, type PlaceOptions } from './spark-place.js';
import { wholeNumber } from '../whole-number.js';

interface DeployOptions extends Omit<PlaceOptions, 'name'> {
  readonly topic: string;
  readonly trigger: string;
  readonly dlq?: string;
  readonly batchMessages?: number;
  readonly maxMessageBytes?: number;
  readonly allowLoss?: true;
  readonly wait?: true;
  readonly stop?: true;
  readonly json?: true;
}

/** Adds `deploy-spark` to the group. */
export function registerDeploySpark(kafka: Command, app: App): void {
  kafka
    .command('deploy-spark')
    .description('ingest a topic into a lake by Spark Structured Streaming: on EMR, YARN or this machine')
    .option('--topic <name>', 'the topic', 'events')
    .requiredOption('--lake <place>', 'a folder, or s3://bucket/prefix/: a lake of its own', normalizeLake)
    .option(
      '--trigger <when>',
      'available-now: to the end of the topic; else the time between batches',
      parseTrigger,
      '30 seconds',
    )
    .option('--local', 'on this machine, with a Spark that is fetched if needed')
    .option('--conn-id <id>', 'where else: a connection of type emr, aws or spark', 'aws_credentials')
    .option('--cluster-id <id>', 'the EMR cluster; else the one that a connection of type emr names')
    .option('--kafka-conn-id <id>', 'connection of type kafka', 'kafka')
    .option('--s3-conn-id <id>', 'connection of type aws or s3: for --local and s3://', 'aws_credentials')
    .option('--upload-to <url>', 'EMR: where the job’s files are put; default: _jobs/ below the lake')
    .option('--secrets-to <url>', 'EMR: s3://bucket/prefix/ for the settings with Kafka’s password')
    .option('--packages <list>', 'what Spark fetches from Maven; default on EMR: the connector of Kafka')
    .option('--dlq <topic>', 'where dead letters go; default: the topic with .dlq behind its name')
    .option('--batch-messages <n>', 'messages of a batch at most; default 2,000,000', wholeNumber(1))
    .option('--max-message-bytes <n>', 'longer messages are dead letters; default 1 MiB', wholeNumber(1))
    .option('--allow-loss', 'go on when messages were deleted before they were read')
    .option('--wait', 'until the job has ended; Ctrl-C ends the waiting, not the job')
    .option('--stop', 'stop the job of this topic and lake')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ airtempo kafka deploy-spark --lake s3://my-lake/events/ --cluster-id j-2AXXXXXXGAPLF
  $ airtempo kafka deploy-spark --lake s3://my-lake/events/ --cluster-id j-2AXXXXXXGAPLF --stop
  $ airtempo kafka deploy-spark --lake data/event-lake --local --trigger available-now --wait
  $ airtempo kafka deploy-spark --lake s3://my-lake/events/ --conn-id spark_on_yarn

The job is known by topic and lake: where it runs already, it is found and left as it is. It goes on where the lake is,
so it may be stopped and deployed again at any time; an ingest by kafka_ingest goes on with the same lake, in turns.`,
    )
    .action((options: DeployOptions) =>
      untilStopped('Stopped waiting: a job that was deployed goes on. The same command finds it.', (signal) =>
        deploy(app, options, signal),
      ),
    );
}

function normalizeLake(lake: string): string {
  const place = isOnS3(lake) ? lake : path.resolve(lake);
  return place.endsWith('/') ? place : `${place}/`;
}

function parseTrigger(text: string): string {
  if (text === 'available-now' || /^[1-9]\d{0,5} (second|minute|hour)s?$/.test(text)) return text;
  throw new InvalidArgumentError('Write available-now, or a time such as "30 seconds".');
}

async function deploy(app: App, options: DeployOptions, signal: AbortSignal): Promise<void> {
  checkTopicName(options.topic);
  const name = nameStreamJob(options);
  const place = await openSparkPlace(app, { ...options, name }, signal);
  const { runner } = place;
  try {
    if (options.stop === true) return await stop(runner, name, options);
    const { connId, uploadTo, lake, topic } = options;
    const args = [
      ...listStreamJobArgs({ ...options, deadLetterTopic: options.dlq }),
      ...(await place.placeSettings()),
    ];
    const files = { file: streamJobFiles.file(), pyFiles: streamJobFiles.pyFiles(), sqlFolder: sqlFolder() };
    const connection = (id: string) => app.registry.get(id);
    const placed = await placeJobFiles(
      runner,
      { connId, uploadTo: uploadTo ?? `${lake}_jobs/`, ...files, args },
      { connection, signal },
    );
    const job = { name, conf: place.conf, again: true, ...placed };
    const submitted = await runner.findOrSubmit(job, Number.MAX_SAFE_INTEGER, signal);
    const { id, state } = options.wait === true ? await wait(runner, submitted, signal) : submitted;
    if (options.json === true)
      return printJson({ jobId: id, name, place: runner.place, topic, lake, state: state.state });
    print(`${topic} → ${lake}: Spark job ${id} on ${runner.place} is ${state.state}.`);
    if (state.kind === 'pending') say('The same command with --stop stops it, and it may be deployed again.');
  } finally {
    runner.close();
  }
}

async function stop(runner: SparkRunner, name: string, { json }: DeployOptions): Promise<void> {
  await runner.cancel(name);
  if (json === true) return printJson({ name, place: runner.place, stopped: true });
  print(`${name} is stopped, or was not running, on ${runner.place}.`);
}

/** The job at its end. Throws SPARK_JOB_FAILED, and the signal's reason. */
async function wait(
  runner: SparkRunner,
  { id, state }: SubmittedJob,
  signal: AbortSignal,
): Promise<SubmittedJob> {
  const line = createProgressLine(process.stderr, (_, word: string) => `Spark job ${id} is ${word}`);
  let now = state;
  for (let looks = 1; now.kind === 'pending'; looks += 1) {
    line.show(now.state);
    await delay(computeLookAgainMs(looks, runner.pollMs), undefined, { signal });
    now = await runner.look(id, signal);
  }
  line.clear();
  if (now.kind === 'succeeded') return { id, state: now };
  throw describeFailure(runner, id, now, await runner.readErrorTail(id, signal));
}
