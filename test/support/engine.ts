/** A real worker on the test run's Temporal server, with its own task queue, for suites that run DAGs. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import pRetry from 'p-retry';
import {
  createConnectionRegistry,
  createSecretScrubber,
  createVariableRegistry,
} from '../../connections/index.js';
import type { ConnectionStore } from '../../connections/connection-store.js';
import type { Connection as AirtempoConnection } from '../../core/connection.js';
import type { Dag } from '../../core/dag.js';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../../core/workflow-options.js';
import { createLogger } from '../../workers/logger.js';
import type { Observer } from '../../workers/observe/observer.js';
import { createDagWorker, createPoolWorker, type WorkerParts } from '../../workers/worker.js';
import { createTaskLogStore, type TaskLogStore } from '../../workers/task-logs.js';
import { createFileXComBlobs } from '../../workers/xcom-files.js';
import { createXComStore } from '../../workers/xcom-store.js';
import type { RunReport } from '../../workflows/run-report.js';
import { testStack } from './stack.js';

/** A worker and a client for it. */
export interface Engine {
  readonly client: Client;
  readonly taskQueue: string;
  /** Folder of the outputs that are too large for history. */
  readonly xcomFolder: string;
  /** The logs of tries. */
  readonly taskLogs: TaskLogStore;
  /** Lines the worker has logged. */
  readonly logLines: readonly string[];
  /** Connections that tasks have kept. */
  readonly keptConnections: ReadonlyMap<string, AirtempoConnection>;
  start(dag: Pick<Dag, 'id'>, input?: unknown): Promise<WorkflowHandle>;
  /** Starts a run and waits for its end, whichever it is. */
  run(dag: Pick<Dag, 'id'>, input?: unknown): Promise<FinishedRun>;
  /** Serves a pool with so many slots until the engine stops, with the DAGs of now. */
  servePool(pool: string, slots: number): Promise<void>;
  /** Stops the worker, as a deploy does, and starts one with these DAGs. Default release: that of the working copy. */
  redeploy(dags: readonly Dag[], release?: Release): Promise<void>;
  /** Starts a worker beside the others, of another release. */
  startRelease(dags: readonly Dag[], release: Release): Promise<RunningWorker>;
  stop(): Promise<void>;
}

/** In what a release differs. */
export type Release = Partial<Pick<WorkerParts, 'version' | 'workflowBundle'>>;

export interface RunningWorker {
  stop(): Promise<void>;
}

export interface FinishedRun {
  readonly handle: WorkflowHandle;
  readonly report: RunReport;
  /** State of each task by id. */
  readonly states: Readonly<Record<string, string>>;
  /** Message of the run's failure, if it failed. */
  readonly failure: string | undefined;
  /** Temporal's status name: COMPLETED, FAILED, CANCELLED. */
  readonly status: string;
}

/** Connections as they are, for a registry in tests. */
export function createFixedStore(connections: readonly AirtempoConnection[]): ConnectionStore {
  return createStoreOf(new Map(connections.map((connection) => [connection.id, connection])));
}

function createStoreOf(byId: ReadonlyMap<string, AirtempoConnection>): ConnectionStore {
  return {
    name: 'test',
    describePlace: (id) => `the test (connection ${id})`,
    get: (id) => Promise.resolve(byId.get(id)),
    list: () => Promise.resolve([...byId].map(([id, connection]) => ({ id, place: 'the test', connection }))),
  };
}

let runtimeInstalled = false;

/** Keeps the SDK's own log lines out of the tests' output; once a process. */
export function installQuietRuntime(): void {
  if (runtimeInstalled) return;
  runtimeInstalled = true;
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
}

/** Starts a worker for these DAGs. Stop it in afterAll. */
export async function startEngine(
  dags: readonly Dag[],
  connections: readonly AirtempoConnection[] = [],
  observers: readonly Observer[] = [],
  /** Environment variables that hold variables. */
  env: Readonly<Record<string, string>> = {},
): Promise<Engine> {
  installQuietRuntime();
  const address = testStack.temporalAddress();
  const taskQueue = `test-${randomUUID()}`;
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const xcomFolder = await mkdtemp(path.join(tmpdir(), 'airtempo-xcom-'));
  const logsFolder = await mkdtemp(path.join(tmpdir(), 'airtempo-logs-'));
  const noConnection = (): Promise<never> => Promise.reject(new Error('a folder needs no connection'));
  const taskLogs = createTaskLogStore(logsFolder, noConnection, (error) => logLines.push(String(error)));
  const logLines: string[] = [];
  const scrubber = createSecretScrubber();
  const kept = new Map<string, AirtempoConnection>();
  const registry = createConnectionRegistry({
    stores: [createFixedStore(connections), createStoreOf(kept)],
    scrubber,
  });
  const logger = createLogger(scrubber, {
    level: 'debug',
    destination: { write: (line: string) => void logLines.push(line) },
  });

  const partsFor = (loaded: readonly Dag[]): WorkerParts => ({
    connection: native,
    namespace: 'default',
    taskQueue,
    dags: new Map(loaded.map((dag) => [dag.id, dag])),
    registry,
    connectionStore: {
      save: async (connection) => void kept.set(connection.id, connection),
      delete: async (connId) => kept.delete(connId),
    },
    variables: createVariableRegistry(
      env,
      { place: 'the test', get: async () => undefined, list: async () => [] },
      scrubber,
    ),
    scrubber,
    xcom: createXComStore(createFileXComBlobs(xcomFolder)),
    logger,
    observers,
    taskLogs,
    workflowBundle: { codePath: testStack.workflowBundlePath() },
  });
  let parts: WorkerParts;
  let current: RunningWorker;
  const deploy = async (next: readonly Dag[], release: Release = {}): Promise<void> => {
    parts = { ...partsFor(next), ...release };
    current = runWorker(await createDagWorker(parts));
  };
  const beside: RunningWorker[] = [];
  const runBeside = (worker: Worker): RunningWorker => {
    const running = runWorker(worker);
    beside.push(running);
    return running;
  };
  await deploy(dags);

  const start = (dag: Pick<Dag, 'id'>, input?: unknown): Promise<WorkflowHandle> =>
    client.workflow.start(dag.id, {
      taskQueue,
      workflowId: `${dag.id}-${randomUUID()}`,
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      args: input === undefined ? [] : [input],
    });
  return {
    client,
    taskQueue,
    xcomFolder,
    taskLogs,
    logLines,
    keptConnections: kept,
    start,
    run: async (dag, input) => finishRun(await start(dag, input)),
    servePool: async (pool, slots) => {
      runBeside(await createPoolWorker(parts, pool, slots));
    },
    redeploy: async (next, release) => {
      await current.stop();
      await deploy(next, release);
    },
    startRelease: async (next, release) =>
      runBeside(await createDagWorker({ ...partsFor(next), ...release })),
    stop: async () => {
      await Promise.all([current, ...beside].map((worker) => worker.stop()));
      await native.close();
      await connection.close();
      for (const folder of [xcomFolder, logsFolder]) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs a worker until it is stopped; stopping it again is nothing. */
function runWorker(worker: Worker): RunningWorker {
  const running = worker.run();
  return {
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
    },
  };
}

/** Waits for a run's end and reads how it ended. */
export async function finishRun(handle: WorkflowHandle): Promise<FinishedRun> {
  const failure = await handle.result().then(
    () => undefined,
    (error: unknown) => describe(error),
  );
  // a question may be asked again: a worker that has just replaced another is sometimes not found in time
  const report = await pRetry(() => handle.query<RunReport, []>('state'), { retries: 5 });
  const { status } = await handle.describe();
  return {
    handle,
    report,
    states: Object.fromEntries(report.tasks.map(({ id, state }) => [id, state])),
    failure,
    status: status.name,
  };
}

function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** So long a condition may take to come true on a slow machine. */
const PATIENCE_MS = 90_000;

/** Polls until `probe` gives a value that is neither undefined nor false. */
export async function until<T>(
  probe: () => T | undefined | Promise<T | undefined>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited ${String(patienceMs / 1000)} s in vain for ${probe.toString()}`);
}
