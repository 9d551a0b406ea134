/**
 * A real Apache Kafka broker on loopback, one node in KRaft mode. Topics are kept between starts, also when it was killed. It
 * asks nobody for a password: whoever has an account on this machine can read it.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import { startChild, waitUntilReady, type ServiceChild } from '../child.js';
import { childEnv, orStop, READY_TIMEOUT_MS, type ServiceContext } from '../service.js';
import { stackFiles } from '../stack-state.js';
import { formatServerProperties } from './server-properties.js';

const run = promisify(execFile);

/** A small heap, and a start that does not wait for the optimizing compiler. */
const JVM_OPTIONS = [
  '-Xms128m',
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

export interface StartedKafka {
  readonly child: ServiceChild;
  readonly port: number;
}

export interface KafkaOptions {
  readonly java: string;
  /** The folder with Kafka's jars. */
  readonly jars: string;
  readonly port: number;
  /** The port that clients are sent to; default: its own. */
  readonly advertisedPort?: number | undefined;
}

/** Starts the broker, formatting its storage the first time, and waits until it answers. */
export async function startKafka(context: ServiceContext, options: KafkaOptions): Promise<StartedKafka> {
  const folder = stackFiles.kafka(context.dir);
  const dataDir = path.join(folder, 'data');
  const configFile = path.join(folder, 'server.properties');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const port = await context.choosePort(options.port);
  const controllerPort = await context.choosePort(0);
  const { advertisedPort } = options;
  await writeFile(configFile, formatServerProperties({ dataDir, port, advertisedPort, controllerPort }));
  const java = [...JVM_OPTIONS, '-cp', path.join(options.jars, '*')];
  if (!existsSync(path.join(dataDir, 'meta.properties'))) {
    await formatStorage(options.java, [...java, 'kafka.tools.StorageTool'], configFile, context);
  }
  const child = await startChild({
    name: 'Kafka',
    command: options.java,
    args: [...java, 'kafka.Kafka', configFile],
    env: childEnv(context.dir),
    cwd: folder,
    logFile: stackFiles.log(context.dir, 'kafka'),
  });
  const probe = (): Promise<boolean> => answersKafka(port).catch(() => false); // refused means not yet
  await orStop(child, waitUntilReady({ child, probe, timeoutMs: READY_TIMEOUT_MS, signal: context.signal }));
  return { child, port };
}

/** The connection to a broker on this port. */
export function kafkaConnection(port: number): Connection {
  return {
    id: 'kafka',
    type: 'kafka',
    description: 'The Kafka broker of the local stack',
    host: '127.0.0.1',
    port,
    extra: {},
  };
}

/** Whether a broker answers on this port, and knows itself as the one to lead. */
export async function answersKafka(port: number): Promise<boolean> {
  const { pingKafka } = await import('../../connections/kafka/ping.js');
  return pingKafka(kafkaConnection(port));
}

async function formatStorage(
  java: string,
  args: readonly string[],
  configFile: string,
  { dir, step, signal }: ServiceContext,
): Promise<void> {
  step.update('Creating the storage of Kafka');
  // a dash at its beginning would be taken for an option
  const clusterId = `A${randomBytes(16).toString('base64url').slice(1)}`;
  try {
    await run(java, [...args, 'format', '--cluster-id', clusterId, '--config', configFile], {
      env: childEnv(dir),
      signal,
    });
  } catch (error) {
    signal?.throwIfAborted();
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new AirtempoError(
      'SERVICE_NOT_READY',
      `Kafka could not create its storage in ${path.dirname(configFile)}: ${`${stdout}\n${stderr}`.trim()}`,
      { cause: error },
    );
  }
}
