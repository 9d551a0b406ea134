/** `airtempo worker`: runs DAGs and their tasks until it is told to stop. */
import { Command } from 'commander';
import type { Worker } from '@temporalio/worker';
import { AirtempoError } from '../core/errors.js';
import { DEFAULT_TASK_QUEUE } from '../core/workflow-options.js';
import { createDagWorker, createPoolWorker, type WorkerParts } from '../workers/worker.js';
import type { WorkerVersion } from '../workers/worker-version.js';
import { loadWorkflowBundle } from '../workers/workflow-bundle.js';
import type { App } from './app.js';
import { installRuntime, METRICS_HELP, parseMetricsAddress } from './metrics.js';
import { createObservers } from './observers.js';
import { connectWorkerToTemporal, findTemporal, runUrl } from './temporal.js';
import { addPool, parseSlots, resolvePools, type PoolArgument, type ServedPool } from './worker-pools.js';

interface WorkerCommandOptions {
  readonly dags: readonly string[];
  readonly taskQueue: string;
  readonly slots?: number;
  readonly pool: readonly PoolArgument[];
  readonly allPools?: boolean;
  readonly poolsOnly?: boolean;
  readonly metrics?: string;
  readonly buildId?: string;
  readonly deployment: string;
  readonly pinRuns?: boolean;
}

/** The command. */
export function workerCommand(app: App): Command {
  return new Command('worker')
    .option(
      '--dags <folder...>',
      'DAG folders or files (default: $AIRTEMPO_DAGS, ./dags and the shipped DAGs)',
      [],
    )
    .option('--task-queue <name>', 'task queue of runs', app.env['AIRTEMPO_TASK_QUEUE'] ?? DEFAULT_TASK_QUEUE)
    .option(
      '--slots <n>',
      'tasks at once, of runs and of each pool named without slots (default: 100, and those of airtempo.config.ts)',
      parseSlots,
    )
    .option(
      '--pool <name[=slots]>',
      'serve this pool too; slots default to --slots, else to airtempo.config.ts; may be repeated',
      addPool,
      [],
    )
    .option('--all-pools', 'serve every pool of airtempo.config.ts')
    .option('--pools-only', 'serve the pools only: no runs, no tasks without a pool')
    .option('--metrics <address>', METRICS_HELP)
    .option(
      '--build-id <id>',
      'version of this worker, for Worker Versioning (default: $AIRTEMPO_BUILD_ID; else none)',
    )
    .option(
      '--deployment <name>',
      'deployment that the version belongs to',
      app.env['AIRTEMPO_DEPLOYMENT'] ?? DEFAULT_TASK_QUEUE,
    )
    .option('--pin-runs', 'with --build-id: runs end on the version they began on')
    .addHelpText(
      'after',
      `
Examples:
  airtempo worker
  airtempo worker --dags ./dags --pool redshift
  airtempo worker --pools-only --pool redshift --slots 4
  airtempo worker --metrics 127.0.0.1:9464
  airtempo worker --build-id "$(git rev-parse --short HEAD)"
  TEMPORAL_ADDRESS=my.tmprl.cloud:7233 TEMPORAL_NAMESPACE=my TEMPORAL_API_KEY=… airtempo worker
Temporal is found by TEMPORAL_* variables or TEMPORAL_PROFILE, else the local stack, else localhost:7233.`,
    )
    .action((options: WorkerCommandOptions) => runWorker(app, options));
}

async function runWorker(app: App, options: WorkerCommandOptions): Promise<void> {
  const { logger } = app;
  const version = readVersion(app, options);
  const metricsAddress = parseMetricsAddress(options.metrics ?? app.env['AIRTEMPO_METRICS']);
  const { metricMeter } = installRuntime(logger, metricsAddress);
  const observers = await createObservers(
    app,
    metricsAddress === undefined ? undefined : { address: metricsAddress, meter: metricMeter },
  );
  const { dags, errors } = await app.loadDags(options.dags);
  for (const { error } of errors) logger.error({ err: error }, 'DAG file could not be loaded');
  if (dags.size === 0) {
    throw new AirtempoError(
      'DAG_LOAD_FAILED',
      'There is no DAG to run. Put a DAG file into ./dags, or name a folder with --dags.',
    );
  }
  const { config } = await app.loadConfig();
  const pools = resolvePools(options, config.pools, options.taskQueue);
  const target = await findTemporal(app);
  const connection = await connectWorkerToTemporal(target);
  try {
    const parts: WorkerParts = {
      connection,
      namespace: target.namespace,
      taskQueue: options.taskQueue,
      dags,
      registry: app.registry,
      connectionStore: app.connectionStore,
      variables: app.variables,
      scrubber: app.scrubber,
      payloadCipher: app.payloadCipher,
      xcom: app.xcom,
      taskLogs: app.taskLogs,
      logger,
      workflowBundle: await loadWorkflowBundle(),
      version,
      runUrl: (workflowId, executionId) => runUrl(target, workflowId, executionId),
      ...(options.slots === undefined ? {} : { slots: options.slots }),
      observers: observers.all,
    };
    const workers = await createWorkers(parts, pools, options.poolsOnly === true);
    logger.info(
      {
        address: target.address,
        namespace: target.namespace,
        taskQueue: options.taskQueue,
        ...(parts.version === undefined ? {} : { version: parts.version }),
        pools: Object.fromEntries(pools.map(({ name, slots }) => [name, slots])),
        dags: [...dags.keys()],
        ...observers.described,
      },
      'worker started',
    );
    await runUntilStopped(workers);
    logger.info({}, 'worker stopped');
  } finally {
    await connection.close();
    await observers.close();
  }
}

function readVersion({ env }: App, options: WorkerCommandOptions): WorkerVersion | undefined {
  const buildId = options.buildId ?? env['AIRTEMPO_BUILD_ID'] ?? '';
  const pinRuns = options.pinRuns === true;
  if (buildId !== '') return { deployment: options.deployment, buildId, pinRuns };
  if (!pinRuns) return undefined;
  throw new AirtempoError('INVALID_ARGUMENT', '--pin-runs needs a version: name it with --build-id.');
}

async function createWorkers(
  parts: WorkerParts,
  pools: readonly ServedPool[],
  poolsOnly: boolean,
): Promise<readonly Worker[]> {
  if (poolsOnly && pools.length === 0) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      'With --pools-only name a pool, such as --pool redshift=4, or --all-pools.',
    );
  }
  const main = poolsOnly ? [] : [createDagWorker(parts)];
  return Promise.all([...main, ...pools.map(({ name, slots }) => createPoolWorker(parts, name, slots))]);
}

/** Runs until SIGTERM, SIGINT or, started by `airtempo dev`, until that is gone. */
async function runUntilStopped(workers: readonly Worker[]): Promise<void> {
  const stop = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  process.on('disconnect', stop);
  const running = workers.map((worker) => worker.run());
  process.send?.('ready');
  await Promise.all(running);
  process.removeListener('disconnect', stop);
  if (process.connected) process.disconnect();
}
