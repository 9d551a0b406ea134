/**
 * The Temporal development server with its Web UI, on one SQLite file. Tuned: as shipped, its single history shard
 * polls so rarely that every task waits 50 ms. Not a production server; docker-compose.yml holds that one.
 */

import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { startChild, waitUntilReady } from './child.js';
import type { ServiceChild } from './child.js';
import { childEnv, orStop, READY_TIMEOUT_MS } from './service.js';
import type { ServiceContext } from './service.js';
import { stackFiles, temporalDatabase } from './stack-state.js';

const run = promisify(execFile);

/** Where a client finds the Temporal server. */
export interface TemporalEndpoint {
  /** `host:port` of the gRPC frontend. */
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string;
}

export interface StartedTemporal {
  readonly child: ServiceChild;
  readonly port: number;
  readonly uiPort: number;
}

/** Measured: a sequential activity takes 9 ms with these instead of 101 ms. docker-compose has the same keys. */
export const DYNAMIC_CONFIG: readonly string[] = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'system.enableActivityEagerExecution=true',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'matching.useNewMatcher=true',
];

/** The development server forgets finished runs after a day; a month keeps a demo worth looking at. */
const RETENTION = '30d';

export interface TemporalOptions {
  readonly binary: string;
  readonly ports: { readonly temporal: number; readonly temporalUi: number };
  /** Search attributes to register, name → Temporal's type name (`Keyword`, `Datetime` …). */
  readonly searchAttributes: Readonly<Record<string, string>>;
}

/** Starts the server and waits until its namespace and its Web UI answer. */
export async function startTemporal(
  context: ServiceContext,
  options: TemporalOptions,
): Promise<StartedTemporal> {
  const folder = stackFiles.temporal(context.dir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const port = await context.choosePort(options.ports.temporal);
  const uiPort = await context.choosePort(options.ports.temporalUi);
  const child = await startChild({
    name: 'Temporal',
    command: options.binary,
    args: temporalArgs(context, options, port, uiPort),
    env: childEnv(context.dir),
    cwd: folder,
    logFile: stackFiles.log(context.dir, 'temporal'),
    stopSignal: 'SIGINT',
  });
  const probe = (): Promise<boolean> => answersThroughUi(uiPort);
  await orStop(child, waitUntilReady({ child, probe, timeoutMs: READY_TIMEOUT_MS, signal: context.signal }));
  await keepRunsLonger(context, options.binary, port);
  return { child, port, uiPort };
}

/** The endpoint of a server on these ports. */
export function temporalEndpoint(port: number, uiPort: number): TemporalEndpoint {
  return { address: `127.0.0.1:${port}`, namespace: 'default', uiUrl: `http://127.0.0.1:${uiPort}` };
}

/** One request proves three things: the Web UI serves, it reaches the frontend, and the namespace is there. */
export async function answersThroughUi(uiPort: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${uiPort}/api/v1/namespaces/default`, {
    signal: AbortSignal.timeout(5000),
  });
  await response.body?.cancel();
  return response.ok;
}

function temporalArgs(
  context: ServiceContext,
  options: TemporalOptions,
  port: number,
  uiPort: number,
): readonly string[] {
  // WAL with synchronous=1 loses nothing when the server is killed; 0 could lose a power cut's last moments.
  const synchronous = context.durable ? 1 : 0;
  const server = ['server', 'start-dev', '--ip', '127.0.0.1', '--headless=false', '--log-level', 'warn'];
  const places = ['--port', String(port), '--ui-port', String(uiPort), '--namespace', 'default'];
  const storage = ['--db-filename', temporalDatabase(context.dir)];
  const pragmas = ['journal_mode=wal', `synchronous=${synchronous}`];
  const attributes = Object.entries(options.searchAttributes).map(([name, type]) => `${name}=${type}`);
  return [
    ...server,
    ...places,
    ...storage,
    ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...DYNAMIC_CONFIG.flatMap((entry) => ['--dynamic-config-value', entry]),
    ...attributes.flatMap((attribute) => ['--search-attribute', attribute]),
  ];
}

/** Not worth failing the start for: without it the runs are merely forgotten sooner. */
async function keepRunsLonger(context: ServiceContext, binary: string, port: number): Promise<void> {
  const args = ['operator', 'namespace', 'update', '--namespace', 'default', '--retention', RETENTION];
  await run(binary, [...args, '--address', `127.0.0.1:${port}`], {
    env: childEnv(context.dir),
    timeout: 15_000,
  }).catch((error: Error) =>
    context.step.update(`Runs are kept for one day only (${error.message.split('\n')[0]})`),
  );
}
