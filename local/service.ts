/** What all local services share: how one is asked to start, and the retry when a port was taken in between. */

import { AirtempoError } from '../core/errors.js';
import type { ChildExit, ServiceChild } from './child.js';
import type { Credentials } from './credentials.js';
import type { ProgressStep } from './progress.js';

/** Those of every stack; Kafka is started when it is asked for. */
export type CoreService = 'temporal' | 'postgres' | 's3';
export type ServiceName = CoreService | 'kafka';
export const CORE_SERVICES: readonly CoreService[] = ['temporal', 'postgres', 's3'];

/** How a service is started. */
export interface ServiceContext {
  /** The stack's folder: absolute, without links in it. */
  readonly dir: string;
  readonly credentials: Credentials;
  /** Whether data must survive a power cut. Tests say false and gain speed. */
  readonly durable: boolean;
  readonly step: ProgressStep;
  readonly signal: AbortSignal | undefined;
  /** Chooses a free port, `wanted` if possible. Every call gives another one. */
  readonly choosePort: (wanted: number) => Promise<number>;
}

/** How a service came to its end by itself. */
export interface ServiceExit extends ChildExit {
  readonly service: ServiceName;
  readonly logFile: string;
  readonly logTail: string;
}

/** A crash at start needs seconds of recovery in Postgres; a busy machine needs patience. */
export const READY_TIMEOUT_MS = 120_000;

/** Environment for a child: enough to run, and nothing of the user's (AWS keys, VGW_*, TEMPORAL_*, PG*). */
export function childEnv(dir: string, extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: dir, LC_ALL: 'C', TZ: 'UTC', ...extra };
}

/** A port can be taken between choosing and using it: then the service is started again on another one. */
export async function retryOnTakenPort<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (attempt === 3 || !isPortTaken(error)) throw error;
    }
  }
}

function isPortTaken(error: unknown): boolean {
  return (
    error instanceof AirtempoError &&
    error.code === 'SERVICE_NOT_READY' &&
    /address already in use|bind: |EADDRINUSE/i.test(error.message)
  );
}

/** Runs `wait`, and stops the child when it fails: a service is either ready or gone. */
export async function orStop(child: ServiceChild, wait: Promise<void>): Promise<void> {
  try {
    await wait;
  } catch (error) {
    await child.stop();
    throw error;
  }
}
