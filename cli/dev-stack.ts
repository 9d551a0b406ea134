/** The local stack with a worker: what `airtempo dev` and `npm run demo` start, and how they tell about it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AirtempoError } from '../core/errors.js';
import { messageOf } from '../core/outside-value.js';
import { throttleProgress, type OnProgress } from '../local/progress.js';
import { CORE_SERVICES } from '../local/service.js';
import { startStack, type LocalStack, type ServiceName } from '../local/stack.js';
import { STAND_IN_NAMES, type StandInPorts } from '../local/stand-in-ports.js';
import { startStandIns, type StandIns } from '../local/stand-ins.js';
import type { App } from './app.js';
import { formatDuration, say, style } from './output.js';

/** A running stack and its worker. */
export interface DevStack {
  readonly stack: LocalStack;
  readonly standIns: StandInPorts;
  /** Where the Kafka broker is, if there is one. */
  readonly kafkaPort: number | undefined;
  /** Starts the worker anew, with the DAG files as they are now. */
  restartWorker(): Promise<void>;
  /** Resolves with a message when a service or the worker has died for good. */
  readonly failed: Promise<string>;
  stop(): Promise<void>;
}

/** What the worker of a stack is given. */
export interface DevWorkerOptions {
  readonly dags: readonly string[];
  readonly metricsAddress?: string | undefined;
  /** What to start as well: stand-ins for AWS services, and Kafka. */
  readonly extras?: readonly DevExtra[];
}

/** What `--with` may name. */
export const DEV_EXTRAS = [...STAND_IN_NAMES, 'kafka'] as const;
export type DevExtra = (typeof DEV_EXTRAS)[number];

/** A worker that ends so often by itself within a minute is not started again. */
const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 60_000;

/** Starts Temporal, Postgres, S3 and a worker, and waits until each answers. */
export async function startDevStack(
  app: App,
  options: DevWorkerOptions,
  signal: AbortSignal,
): Promise<DevStack> {
  let reportFailure: (message: string) => void = () => undefined;
  const failed = new Promise<string>((resolve) => (reportFailure = resolve));
  const onProgress = createProgressPrinter();
  const { extras = [] } = options;
  const withKafka = extras.includes('kafka');
  const stack = await startStack<ServiceName>({
    dir: app.home,
    services: [...CORE_SERVICES, ...(withKafka ? (['kafka'] as const) : [])],
    onProgress,
    signal,
    onExit: ({ service, logFile }) =>
      reportFailure(`${service} has ended unexpectedly; its log is ${logFile}`),
  });
  const worker = new WorkerProcess(app, stack, options, reportFailure);
  let standIns: StandIns | undefined;
  try {
    standIns = await startStandIns({
      dir: app.home,
      names: extras.filter((name) => name !== 'kafka'),
      s3: stack.s3,
      postgres: stack.postgres,
      onProgress,
      signal,
    });
    await worker.start();
  } catch (error) {
    await standIns?.stop();
    await stack.stop();
    throw error;
  }
  const running = standIns;
  return {
    stack,
    standIns: running.ports,
    kafkaPort: withKafka ? stack.kafka.port : undefined,
    failed,
    restartWorker: () => worker.restart(),
    stop: async () => {
      await worker.stop();
      await running.stop();
      await stack.stop();
    },
  };
}

/** Prints one line per finished step, and a sign of life of long ones. */
function createProgressPrinter(): OnProgress {
  return throttleProgress(({ message, elapsedMs, done }) => {
    const mark = done ? style('green', '✔') : style('dim', '…');
    say(`${mark} ${message}${done ? style('dim', ` ${formatDuration(elapsedMs)}`) : ''}`);
  });
}

/** The worker as a child process of its own: a crash in a task takes neither the stack nor us with it. */
class WorkerProcess {
  readonly #app: App;
  readonly #stack: LocalStack;
  readonly #options: DevWorkerOptions;
  readonly #onGivenUp: (message: string) => void;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  #stopping = false;
  #restarts: number[] = [];

  constructor(app: App, stack: LocalStack, options: DevWorkerOptions, onGivenUp: (message: string) => void) {
    this.#app = app;
    this.#stack = stack;
    this.#options = options;
    this.#onGivenUp = onGivenUp;
    this.#logFile = path.join(app.home, 'logs', 'worker.log');
  }

  async start(): Promise<void> {
    const startedAt = performance.now();
    const child = this.#spawn();
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('error', reject);
      child.once('exit', (code) => {
        reject(
          new AirtempoError(
            'SERVICE_NOT_READY',
            `The worker ended at its start (exit code ${String(code)}). Its log is ${this.#logFile}.`,
          ),
        );
      });
    });
    child.once('exit', () => this.#onExit(child));
    say(
      `${style('green', '✔')} Worker polls task queue airtempo ${style('dim', formatDuration(performance.now() - startedAt))}`,
    );
  }

  #spawn(): ChildProcess {
    mkdirSync(path.dirname(this.#logFile), { recursive: true });
    const log = openSync(this.#logFile, 'a', 0o600);
    const main = fileURLToPath(new URL('./main.js', import.meta.url));
    const { dags, metricsAddress } = this.#options;
    const args = [
      '--all-pools',
      ...(dags.length === 0 ? [] : ['--dags', ...dags]),
      ...(metricsAddress === undefined ? [] : ['--metrics', metricsAddress]),
    ];
    const child = spawn(process.execPath, [main, 'worker', ...args], {
      cwd: this.#app.cwd,
      env: {
        ...this.#app.env,
        TEMPORAL_ADDRESS: this.#stack.temporal.address,
        TEMPORAL_NAMESPACE: this.#stack.temporal.namespace,
      },
      stdio: ['ignore', log, log, 'ipc'],
      detached: true, // Ctrl-C is ours to answer: the worker stops before the services it uses
    });
    closeSync(log);
    return child;
  }

  #onExit(child: ChildProcess): void {
    if (this.#stopping || this.#child !== child) return;
    const now = Date.now();
    this.#restarts = [...this.#restarts.filter((at) => now - at < RESTART_WINDOW_MS), now];
    if (this.#restarts.length > MAX_RESTARTS) {
      this.#onGivenUp(
        `the worker has ended ${String(MAX_RESTARTS)} times in a minute; its log is ${this.#logFile}`,
      );
      return;
    }
    say('The worker has ended; starting it again');
    this.start().catch((error: unknown) => this.#onGivenUp(messageOf(error)));
  }

  async restart(): Promise<void> {
    await this.stop();
    this.#stopping = false;
    await this.start();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGTERM');
    });
  }
}
