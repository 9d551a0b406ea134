/**
 * Services that outlived their starter: when it is killed, nobody tells them to stop. The next start finds them by
 * the data folder in their command line (never by a process id alone, which may belong to someone else by now).
 */

import path from 'node:path';
import { isAlive, listProcesses, readStartMark } from './processes.js';
import type { ProcessInfo } from './processes.js';
import { stackFiles, temporalDatabase } from './stack-state.js';
import { waitUntil } from './wait-until.js';

/** Postgres rolls back and checkpoints; a Temporal server closes its SQLite file. */
const STOP_TIMEOUT_MS = 15_000;

const POSTGRES = 'Postgres';

interface Leftover {
  readonly pid: number;
  readonly program: string;
  readonly startMark: string | undefined;
}

/** Stops every service that still works on the data of `dir`. The caller holds the stack's lock. Returns their names. */
export async function stopLeftovers(dir: string): Promise<readonly string[]> {
  const leftovers = await findLeftovers(dir);
  await Promise.all(leftovers.map(stopLeftover));
  return leftovers.map((leftover) => leftover.program);
}

async function findLeftovers(dir: string): Promise<readonly Leftover[]> {
  const found = (await listProcesses()).flatMap((info) => {
    const program = info.pid === process.pid ? undefined : recognize(info, dir);
    return program === undefined ? [] : [{ pid: info.pid, program }];
  });
  return Promise.all(found.map(async (item) => ({ ...item, startMark: await readStartMark(item.pid) })));
}

/** By what it does, not by its file name: a program that a setting names may be called anything. */
function recognize(info: ProcessInfo, dir: string): string | undefined {
  const names = (...words: readonly string[]): boolean =>
    words.every((word) => ` ${info.commandLine} `.includes(` ${word} `));
  if (names('start-dev', temporalDatabase(dir))) return 'Temporal';
  if (names('posix', stackFiles.s3(dir))) return 'the S3 server';
  if (names('kafka.Kafka', path.join(stackFiles.kafka(dir), 'server.properties'))) return 'Kafka';
  if (path.basename(info.argv[0] ?? '') !== 'postgres') return undefined;
  const data = stackFiles.postgres(dir);
  // Under a closed home Postgres is started inside its data folder and knows it by that name only.
  return names('-D', data) || (names('-D', '/proc/self/cwd') && info.cwd === data) ? POSTGRES : undefined;
}

async function stopLeftover(leftover: Leftover): Promise<void> {
  // To Postgres SIGTERM means "wait for the clients", who may never leave; SIGINT is its quick, clean shutdown.
  sendSignal(leftover.pid, leftover.program === POSTGRES ? 'SIGINT' : 'SIGTERM');
  const gone = async (): Promise<boolean> =>
    !isAlive(leftover.pid) || (await readStartMark(leftover.pid)) !== leftover.startMark;
  if (await waitUntil(gone, { timeoutMs: STOP_TIMEOUT_MS })) return;
  sendSignal(leftover.pid, 'SIGKILL');
  await waitUntil(gone, { timeoutMs: 5000 });
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone in the meantime
  }
}
