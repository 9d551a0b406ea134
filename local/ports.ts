/** Ports for the local services: the usual one when it is free, the one used last time, else any free one. */

import getPort, { clearLockedPorts } from 'get-port';

/** The ports of a stack. 0 means any free port. */
export interface StackPorts {
  readonly temporal: number;
  readonly temporalUi: number;
  readonly postgres: number;
  readonly s3: number;
  readonly kafka: number;
}

/** What people expect: Temporal's own two, Postgres away from a system-wide 5432, versitygw's and Kafka's own. */
export const DEFAULT_PORTS: StackPorts = {
  temporal: 7233,
  temporalUi: 8233,
  postgres: 55432,
  s3: 7070,
  kafka: 9092,
};

/** The first free port among `wanted`, else any free one. Never one of `taken`, nor one given out half a minute ago. */
export async function findFreePort(wanted: readonly number[], taken: Iterable<number>): Promise<number> {
  const exclude = new Set(taken);
  const port = wanted.filter((candidate) => candidate > 0 && !exclude.has(candidate));
  return getPort({ port, exclude });
}

/** get-port remembers what it gave out; a stack that is stopped and started again wants its ports back. */
export function forgetGivenPorts(): void {
  clearLockedPorts();
}
