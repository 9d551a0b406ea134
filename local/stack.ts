/**
 * The local stack: Temporal, Postgres and S3, and Kafka if asked for, as child processes on loopback, with their data in one folder. It
 * starts, reports and stops them; what to do when one dies later is its owner's choice. No worker runs in here.
 */

import { chmod, mkdir, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AirtempoError } from '../core/errors.js';
import type { Connection } from '../core/connection.js';
import { ensureBinary } from './binaries/ensure-binary.js';
import { TEMPORAL_BINARY } from './binaries/temporal-binary.js';
import { VERSITYGW_BINARY } from './binaries/versitygw-binary.js';
import type { ServiceChild } from './child.js';
import { ensureCredentials } from './credentials.js';
import { kafkaConnection, startKafka, type KafkaOptions } from './kafka/broker.js';
import { KAFKA_JARS, KAFKA_JAVA } from './kafka/kafka-jars.js';
import { ensureJars, type EnsureJarsOptions } from './jars/ensure-jars.js';
import { requireJava } from './java.js';
import type { Credentials } from './credentials.js';
import { stopLeftovers } from './leftovers.js';
import { tryLock } from './lock.js';
import type { Lock } from './lock.js';
import { DEFAULT_PORTS, findFreePort, forgetGivenPorts } from './ports.js';
import type { StackPorts } from './ports.js';
import { postgresConnection, startPostgres } from './postgres.js';
import { readStartMark } from './processes.js';
import { startStep } from './progress.js';
import type { OnProgress } from './progress.js';
import { s3Connection, startS3 } from './s3.js';
import { CORE_SERVICES, retryOnTakenPort } from './service.js';
import type { CoreService, ServiceContext, ServiceExit, ServiceName } from './service.js';
import { readStackState, removeStackState, stackFiles, writeStackState } from './stack-state.js';
import type { ServiceState, StackState } from './stack-state.js';
import { startTemporal, temporalEndpoint } from './temporal.js';
import type { TemporalEndpoint } from './temporal.js';

export type { ServiceExit, ServiceName } from './service.js';
export type { TemporalEndpoint } from './temporal.js';

/** Where each service of a stack is found. */
export interface StackEndpoints {
  readonly temporal: TemporalEndpoint;
  readonly postgres: Connection;
  readonly s3: Connection;
  readonly kafka: Connection;
}

export interface StartStackOptions<S extends ServiceName = CoreService> {
  /** The folder that holds all data, secrets and logs; created if missing. Usually `.airtempo`. */
  readonly dir: string;
  /** Which services to start; Temporal, Postgres and S3 by default. */
  readonly services?: readonly S[];
  /** Whether data must survive a power cut; true by default. Tests say false and gain speed. */
  readonly durable?: boolean;
  /** Ports to use when they are free; 7233, 8233, 55432, 7070 and 9092 by default. 0 means any free port. */
  readonly ports?: Partial<StackPorts>;
  /** The port that Kafka sends its clients to: that of a proxy in front of it. Default: its own. */
  readonly kafkaAdvertisedPort?: number;
  /** Custom search attributes to register with Temporal, name → Temporal's type name. */
  readonly searchAttributes?: Readonly<Record<string, string>>;
  readonly onProgress?: OnProgress;
  /** Called when a service ends by itself after it was ready. It is not restarted. */
  readonly onExit?: (exit: ServiceExit) => void;
  /** Cancels a start; what was started by then is stopped again. */
  readonly signal?: AbortSignal;
}

/** A running stack: the endpoints of its services, and the way to stop them. */
export type LocalStack<S extends ServiceName = CoreService> = Pick<StackEndpoints, S> & {
  readonly pids: Readonly<Record<S, number>>;
  /** Stops all services in good order (SIGKILL after 15 s) and frees the folder. Safe to call twice. */
  stop(): Promise<void>;
};

/**
 * Starts the services and waits until each answers. Whatever a killed predecessor left running on this folder is
 * stopped first, and its data is used again.
 * Throws STACK_ALREADY_RUNNING, BINARY_NOT_FOUND or SERVICE_NOT_READY; nothing is left running then.
 */
export async function startStack<S extends ServiceName = CoreService>(
  options: StartStackOptions<S>,
): Promise<LocalStack<S>> {
  const dir = await ensureStackFolder(options.dir);
  const lock = await takeLock(dir);
  const run = new StackRun(dir, lock, options);
  try {
    await run.start(options.services ?? (CORE_SERVICES as readonly ServiceName[] as readonly S[]));
    return run.describe();
  } catch (error) {
    await run.stop();
    throw error;
  }
}

/** Private to its owner, except that root must let Postgres's account through to the one folder it owns. */
async function ensureStackFolder(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  await chmod(dir, process.getuid?.() === 0 ? 0o711 : 0o700);
  const real = await realpath(dir);
  // Secrets and databases must not be committed by a hasty `git add .`, whatever the project ignores.
  await writeFile(path.join(real, '.gitignore'), '*\n');
  return real;
}

async function takeLock(dir: string): Promise<Lock> {
  const result = await tryLock(stackFiles.lock(dir));
  if (result.acquired) return result.lock;
  const { pid } = result.holder;
  const state = await readStackState(dir);
  const ui = state?.services.temporal;
  const where = ui === undefined ? '' : `; its Web UI is ${temporalEndpoint(ui.port, ui.uiPort).uiUrl}`;
  throw new AirtempoError(
    'STACK_ALREADY_RUNNING',
    `A local stack already runs on ${dir}, started by process ${pid}${where}. Use it as it is: commands in this ` +
      `project find it by themselves. Or stop it first (Ctrl-C there, or kill ${pid}), or use another folder.`,
  );
}

type KafkaBinary = Pick<KafkaOptions, 'java' | 'jars'>;

/** The programs of the services that are wanted. */
interface Binaries {
  readonly temporal: string;
  readonly versitygw: string;
  readonly kafka: KafkaBinary | undefined;
}

async function ensureKafka(progress: Omit<EnsureJarsOptions, 'env'>): Promise<KafkaBinary> {
  const java = await requireJava(KAFKA_JAVA, process.env);
  return { java, jars: await ensureJars(KAFKA_JARS, { ...progress, env: process.env }) };
}

/** What a start has got hold of so far, so that it can be given back at any moment. */
class StackRun<S extends ServiceName> {
  readonly #dir: string;
  readonly #lock: Lock;
  readonly #options: StartStackOptions<S>;
  readonly #children = new Map<ServiceName, ServiceChild>();
  readonly #takenPorts = new Set<number>();
  readonly #services: StackState['services'] = {};
  #credentials: Credentials | undefined;
  #stopping: Promise<void> | undefined;
  /** process.exit() runs no asynchronous code, so the children are at least told. */
  readonly #onProcessExit = (): void => {
    for (const child of this.#children.values()) child.signalStop();
  };

  constructor(dir: string, lock: Lock, options: StartStackOptions<S>) {
    this.#dir = dir;
    this.#lock = lock;
    this.#options = options;
    process.once('exit', this.#onProcessExit);
  }

  async start(services: readonly S[]): Promise<void> {
    const wanted = new Set<ServiceName>(services);
    await this.#clearLeftovers();
    forgetGivenPorts();
    const previous = await readStackState(this.#dir);
    const credentials = await ensureCredentials(this.#dir);
    this.#credentials = credentials;
    const binaries = await this.#ensureBinaries(wanted);
    const ports = { ...DEFAULT_PORTS, ...this.#options.ports };
    const starts: Promise<void>[] = [];
    if (wanted.has('temporal')) starts.push(this.#startTemporal(binaries.temporal, ports, previous));
    if (wanted.has('postgres')) starts.push(this.#startPostgres(ports.postgres, previous));
    if (wanted.has('s3')) starts.push(this.#startS3(binaries.versitygw, ports.s3, previous));
    if (binaries.kafka !== undefined) starts.push(this.#startKafka(binaries.kafka, ports.kafka, previous));
    await settleAll(starts);
    this.#options.signal?.throwIfAborted();
    await this.#record();
    this.#watchExits();
  }

  describe(): LocalStack<S> {
    const { temporal, postgres, s3, kafka } = this.#services;
    const credentials = this.#credentials as Credentials; // set: start() has succeeded
    const stack = {
      ...(temporal && { temporal: temporalEndpoint(temporal.port, temporal.uiPort) }),
      ...(postgres && { postgres: postgresConnection(postgres.port, credentials) }),
      ...(s3 && { s3: s3Connection(s3.port, credentials) }),
      ...(kafka && { kafka: kafkaConnection(kafka.port) }),
      pids: Object.fromEntries([...this.#children].map(([name, child]) => [name, child.pid])),
      stop: () => this.stop(),
    };
    // The services that were asked for are the ones that were started; the compiler cannot follow the loop.
    return stack as unknown as LocalStack<S>;
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    await Promise.all([...this.#children.values()].map((child) => child.stop()));
    process.removeListener('exit', this.#onProcessExit);
    await removeStackState(this.#dir);
    await this.#lock.release();
  }

  async #clearLeftovers(): Promise<void> {
    const step = startStep(this.#options.onProgress, 'stack', 'Looking for leftovers of an earlier run');
    const stopped = await stopLeftovers(this.#dir);
    step.done(
      stopped.length === 0
        ? 'Nothing is left of an earlier run'
        : `Stopped what was left: ${stopped.join(', ')}`,
    );
  }

  /** One after the other: two builds at once would need more memory than a small machine has. */
  async #ensureBinaries(wanted: ReadonlySet<ServiceName>): Promise<Binaries> {
    const { onProgress, signal } = this.#options;
    const temporal = wanted.has('temporal')
      ? await ensureBinary(TEMPORAL_BINARY, { onProgress, signal })
      : '';
    const versitygw = wanted.has('s3') ? await ensureBinary(VERSITYGW_BINARY, { onProgress, signal }) : '';
    const kafka = wanted.has('kafka') ? await ensureKafka({ onProgress, signal }) : undefined;
    return { temporal, versitygw, kafka };
  }

  async #startTemporal(binary: string, ports: StackPorts, previous: StackState | undefined): Promise<void> {
    const last = previous?.services.temporal;
    const context = this.#context('temporal', [last?.port, last?.uiPort]);
    const searchAttributes = this.#options.searchAttributes ?? {};
    const started = await retryOnTakenPort(() => startTemporal(context, { binary, ports, searchAttributes }));
    this.#children.set('temporal', started.child);
    this.#services.temporal = { ...(await describeService(started)), uiPort: started.uiPort };
    const { address, uiUrl } = temporalEndpoint(started.port, started.uiPort);
    context.step.done(`Temporal answers at ${address}, its Web UI at ${uiUrl}`);
  }

  async #startPostgres(port: number, previous: StackState | undefined): Promise<void> {
    const context = this.#context('postgres', [previous?.services.postgres?.port]);
    const started = await retryOnTakenPort(() => startPostgres(context, port));
    this.#children.set('postgres', started.child);
    this.#services.postgres = await describeService(started);
    context.step.done(`Postgres answers at 127.0.0.1:${started.port}`);
  }

  async #startS3(binary: string, port: number, previous: StackState | undefined): Promise<void> {
    const context = this.#context('s3', [previous?.services.s3?.port]);
    const started = await retryOnTakenPort(() => startS3(context, { binary, port }));
    this.#children.set('s3', started.child);
    this.#services.s3 = await describeService(started);
    context.step.done(`S3 answers at http://127.0.0.1:${started.port}`);
  }

  async #startKafka(binary: KafkaBinary, port: number, previous: StackState | undefined): Promise<void> {
    const context = this.#context('kafka', [previous?.services.kafka?.port]);
    const { kafkaAdvertisedPort: advertisedPort } = this.#options;
    const started = await retryOnTakenPort(() => startKafka(context, { ...binary, port, advertisedPort }));
    this.#children.set('kafka', started.child);
    this.#services.kafka = await describeService(started);
    context.step.done(`Kafka answers at 127.0.0.1:${started.port}`);
  }

  #context(service: ServiceName, lastPorts: readonly (number | undefined)[]): ServiceContext {
    const step = startStep(this.#options.onProgress, service, `Starting ${service}`);
    const last = lastPorts.filter((port) => port !== undefined);
    const choosePort = async (wanted: number): Promise<number> => {
      const port = await findFreePort([wanted, ...last], this.#takenPorts);
      this.#takenPorts.add(port);
      if (wanted !== 0 && port !== wanted) step.update(`Port ${wanted} is in use: ${service} takes ${port}`);
      return port;
    };
    return {
      dir: this.#dir,
      credentials: this.#credentials as Credentials,
      durable: this.#options.durable ?? true,
      step,
      signal: this.#options.signal,
      choosePort,
    };
  }

  async #record(): Promise<void> {
    const startedAt = new Date().toISOString();
    await writeStackState(this.#dir, { ownerPid: process.pid, startedAt, services: this.#services });
  }

  #watchExits(): void {
    const { onExit } = this.#options;
    if (onExit === undefined) return;
    for (const [service, child] of this.#children) {
      void child.exited.then(async (exit) => {
        if (this.#stopping !== undefined) return;
        onExit({ ...exit, service, logFile: child.logFile, logTail: await child.readLogTail() });
      });
    }
  }
}

async function describeService(started: { child: ServiceChild; port: number }): Promise<ServiceState> {
  const { pid } = started.child;
  return { pid, startMark: (await readStartMark(pid)) ?? '', port: started.port };
}

/** Waits for all, even when one fails: only then is it known what has to be stopped. Throws the first failure. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}
