/** `airtempo kafka stream`: ingests that go on. */
import { Option, type Command } from 'commander';
import { DEFAULT_TASK_QUEUE } from '../../core/workflow-options.js';
import type { App } from '../app.js';
import { withTemporal } from '../temporal.js';
import { steerStream, stopNamed, type StreamOptions } from './stream/control.js';
import { listAll, showStatus } from './stream/show.js';
import { startNew, type StartOptions } from './stream/start.js';

/** Adds `stream` to the group. */
export function registerStream(kafka: Command, app: App): void {
  const stream = kafka.command('stream').description('ingests that go on: start, watch over and stop them');
  registerStart(stream, app);
  stream
    .command('list')
    .description('list the streams')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  airtempo kafka stream list')
    .action((options: StreamOptions) => withTemporal(app, (session) => listAll(session, options)));
  const add = (name: string, description: string): Command =>
    stream
      .command(`${name} <stream>`)
      .description(description)
      .option('--json', 'print JSON')
      .addHelpText('after', `\nExample:\n  airtempo kafka stream ${name} events-warehouse`);
  add('status', 'show counts, and the lag of each partition; exit code 1 if it does not run').action(
    (name: string, options: StreamOptions) =>
      withTemporal(app, (session) => showStatus(session, name, options)),
  );
  for (const update of ['pause', 'resume'] as const) {
    const what = update === 'pause' ? 'write nothing more until it is resumed' : 'go on after a pause';
    add(update, what).action((name: string, options: StreamOptions) =>
      withTemporal(app, (session) => steerStream(session, name, update, options)),
    );
  }
  add('stop', 'end it after the batch in hand; started again, it goes on where it was').action(
    (name: string, options: StreamOptions) =>
      withTemporal(app, (session) => stopNamed(session, name, options)),
  );
}

function registerStart(stream: Command, app: App): void {
  stream
    .command('start <topic>')
    .description('ingest a topic from now on, until the stream is stopped')
    .addOption(
      new Option('--sink <kind>', 'where events go').choices(['warehouse', 'lake']).default('warehouse'),
    )
    .option('--warehouse <id>', 'a connection of type postgres or redshift', 'postgres')
    .option(
      '--stage <url>',
      'for a Redshift: s3://bucket/prefix/, where the files of batches lie until they are in',
    )
    .option(
      '--stage-conn-id <id>',
      'writes those files: a connection of type aws or s3 (default: aws_credentials)',
    )
    .option('--lake <url>', 'a folder on the worker, or s3://bucket/prefix/')
    .option('--lake-conn-id <id>', 'a connection of type aws or s3, for s3://…')
    .option('--conn-id <id>', 'a connection of type kafka', 'kafka')
    .option('--name <name>', 'default: the topic and the kind of sink, such as events-warehouse')
    .option(
      '--interval <duration>',
      'between two looks at the topic (default: 5s, 1m into a Redshift, 5m into a lake)',
    )
    .option('--dlq <topic>', 'for messages that are no events; default: the topic with .dlq behind its name')
    .option('--allow-loss', 'go on when messages were deleted before they were read')
    .option(
      '--task-queue <name>',
      'task queue of the workers',
      app.env['AIRTEMPO_TASK_QUEUE'] ?? DEFAULT_TASK_QUEUE,
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
A schedule starts the stream again within a minute, should it fail or be terminated.

Examples:
  airtempo kafka stream start events
  airtempo kafka stream start events --warehouse redshift --stage s3://my-bucket/kafka/
  airtempo kafka stream start events --sink lake --lake s3://my-lake/events/ --lake-conn-id aws --interval 10m
The same by Temporal's own tool, without the schedule:
  temporal workflow start --type kafka_stream --task-queue airtempo --input '{"connId":"kafka","topic":"events","sink":{"kind":"warehouse","connId":"postgres"}}'`,
    )
    .action((topic: string, options: StartOptions) =>
      withTemporal(app, (session) => startNew(session, topic, options)),
    );
}
