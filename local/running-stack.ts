/** Finding a stack that another process runs: for commands that use it, not for its owner. It starts nothing. */

import { realpath } from 'node:fs/promises';
import { readCredentials } from './credentials.js';
import { readLockHolder } from './lock.js';
import { answersLogin, postgresConnection } from './postgres.js';
import { answersKafka, kafkaConnection } from './kafka/broker.js';
import { isAlive, readStartMark } from './processes.js';
import { answersHealth, s3Connection } from './s3.js';
import type { StackEndpoints } from './stack.js';
import { readStackState, stackFiles } from './stack-state.js';
import type { ServiceState } from './stack-state.js';
import { answersThroughUi, temporalEndpoint } from './temporal.js';

/** A stack as another process sees it: the services that live and answer. */
export type RunningStack = Partial<StackEndpoints> & {
  /** The process that started it and will stop it. */
  readonly ownerPid: number;
  readonly startedAt: string;
};

/**
 * The stack that runs on `dir`, or undefined when none does. Its owner must be alive: what a killed owner left behind
 * is not a stack. A service counts when its process is the recorded one and it answers; one that died is left out.
 */
export async function readRunningStack(dir: string): Promise<RunningStack | undefined> {
  const real = await realpath(dir).catch(() => undefined);
  if (real === undefined) return undefined;
  const owner = await readLockHolder(stackFiles.lock(real));
  if (owner === undefined) return undefined;
  const state = await readStackState(real);
  const credentials = await readCredentials(real);
  if (state === undefined || credentials === undefined) return undefined;
  const { temporal, postgres, s3, kafka } = state.services;
  const [temporalLives, postgresLives, s3Lives, kafkaLives] = await Promise.all([
    temporal !== undefined && lives(temporal, () => answersThroughUi(temporal.uiPort)),
    postgres !== undefined && lives(postgres, () => answersLogin(postgres.port, credentials)),
    s3 !== undefined && lives(s3, () => answersHealth(s3.port)),
    kafka !== undefined && lives(kafka, () => answersKafka(kafka.port)),
  ]);
  const endpoints: Partial<StackEndpoints> = {
    ...(temporal && temporalLives && { temporal: temporalEndpoint(temporal.port, temporal.uiPort) }),
    ...(postgres && postgresLives && { postgres: postgresConnection(postgres.port, credentials) }),
    ...(s3 && s3Lives && { s3: s3Connection(s3.port, credentials) }),
    ...(kafka && kafkaLives && { kafka: kafkaConnection(kafka.port) }),
  };
  if (Object.keys(endpoints).length === 0) return undefined;
  return { ...endpoints, ownerPid: state.ownerPid, startedAt: state.startedAt };
}

async function lives(service: ServiceState, answers: () => Promise<boolean>): Promise<boolean> {
  if (!isAlive(service.pid) || (await readStartMark(service.pid)) !== service.startMark) return false;
  return answers().catch(() => false);
}
