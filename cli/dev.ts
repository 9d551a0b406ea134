/** `airtempo dev`: the whole stack on this machine, until Ctrl-C. */
import { existsSync, watch } from 'node:fs';
import path from 'node:path';
import { Command, Option } from 'commander';
import { AirtempoError } from '../core/errors.js';
import { messageOf } from '../core/outside-value.js';
import type { App } from './app.js';
import { DEV_EXTRAS, startDevStack, type DevExtra, type DevStack } from './dev-stack.js';
import { METRICS_HELP, parseMetricsAddress } from './metrics.js';
import { print, say, style } from './output.js';
import { waitForStop } from './wait-for-stop.js';

/** The command. */
export function devCommand(app: App): Command {
  return new Command('dev')
    .option(
      '--dags <folder...>',
      'DAG folders or files (default: $AIRTEMPO_DAGS, ./dags and the shipped DAGs)',
      [],
    )
    .option('--metrics <address>', METRICS_HELP)
    .addOption(
      new Option('--with <service...>', 'start these services too: stand-ins of AWS, and Kafka')
        .choices(DEV_EXTRAS)
        .default([], 'none'),
    )
    .addHelpText(
      'after',
      `
Everything is kept in $AIRTEMPO_HOME (default .airtempo) and used again at the next start.
Metrics are the worker's: airtempo dev --metrics 9464
With EMR, whose steps run on a Spark that is fetched the first time (330 MB): airtempo dev --with emr
With the Redshift Data API, which the connection "redshift_data_api" uses: airtempo dev --with redshift-data
With a Kafka broker, which the connection "kafka" leads to; Java 17 is needed: airtempo dev --with kafka
The worker starts anew when a DAG file changes. Ctrl-C stops everything.`,
    )
    .action((options: DevOptions) => runDev(app, options));
}

interface DevOptions {
  readonly dags: readonly string[];
  readonly metrics?: string;
  readonly with: readonly DevExtra[];
}

async function runDev(app: App, { dags, metrics, with: extras }: DevOptions): Promise<void> {
  const metricsAddress = parseMetricsAddress(metrics ?? app.env['AIRTEMPO_METRICS']);
  const stop = waitForStop();
  const stack = await startDevStack(app, { dags, metricsAddress, extras }, stop.signal);
  const watching = watchDags(app, dags, stack);
  try {
    print(formatWelcome(stack, metricsAddress));
    const failure = await Promise.race([stack.failed, stop.requested]);
    if (failure !== undefined)
      throw new AirtempoError('SERVICE_NOT_READY', `The local stack stops: ${failure}.`);
  } finally {
    watching.close();
    say('Stopping …');
    await stack.stop();
    stop.dispose();
  }
}

function formatStandIns({ standIns }: DevStack): string {
  return Object.entries(standIns)
    .map(
      ([name, port]) =>
        `\n  ${name.padEnd(10)} connection "aws_credentials", http://127.0.0.1:${String(port)}`,
    )
    .join('');
}

function formatKafka({ kafkaPort }: DevStack): string {
  return kafkaPort === undefined ? '' : `\n  Kafka      connection "kafka", 127.0.0.1:${String(kafkaPort)}`;
}

function formatWelcome(dev: DevStack, metricsAddress: string | undefined): string {
  const { stack } = dev;
  const metrics = metricsAddress === undefined ? '' : `\n  Metrics    http://${metricsAddress}/metrics`;
  return `
${style('bold', 'airtempo is running')}
  Web UI     ${stack.temporal.uiUrl}
  Temporal   ${stack.temporal.address} (namespace ${stack.temporal.namespace}, task queue airtempo)
  Postgres   connections "redshift" and "postgres", port ${String(stack.postgres.port)}
  S3         connection "aws_credentials", ${String(stack.s3.extra['endpoint_url'])}${formatKafka(dev)}${formatStandIns(dev)}${metrics}

Trigger a DAG (here, in another terminal, or by "Start Workflow" in the Web UI):
  npx airtempo dags list
  npx airtempo dags trigger awst_redshift_dag --watch
  temporal workflow start --address ${stack.temporal.address} --type awst_redshift_dag --task-queue airtempo --input '{"logicalDate":"2018-11-02"}'

Ctrl-C stops everything; the data stays.`;
}

/** A save writes several times; the worker is to start once. */
const SETTLE_MS = 300;

/** Restarts the worker when a DAG file changes. */
function watchDags(app: App, dags: readonly string[], stack: DevStack): { close(): void } {
  const folders = dags.length > 0 ? dags : [path.join(app.cwd, 'dags')];
  let timer: NodeJS.Timeout | undefined;
  const restart = (): void => {
    say('A DAG file has changed; starting the worker anew');
    stack.restartWorker().catch((error: unknown) => say(`error: ${messageOf(error)}`));
  };
  const onChange = (_event: string, file: string | null): void => {
    if (file === null || !/\.[mc]?[jt]s$/.test(file)) return;
    clearTimeout(timer);
    timer = setTimeout(restart, SETTLE_MS);
  };
  const watchers = folders
    .filter((folder) => existsSync(folder))
    .map((folder) => watch(folder, { recursive: true }, onChange));
  return {
    close: () => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}
