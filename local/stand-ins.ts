/**
 * Stand-ins for AWS services, beside the local stack and for whoever asks for them by name (`airtempo dev --with emr`). They
 * live in the process of the stack's owner.
 */
import path from 'node:path';
import type { Connection } from '../core/connection.js';
import type { FindAccessKey } from './aws/signature.js';
import { createSparkRunner } from './emr/run-steps.js';
import { startLocalEmr } from './emr/server.js';
import { findFreePort } from './ports.js';
import { startStep } from './progress.js';
import type { OnProgress } from './progress.js';
import { startRedshiftDataApi } from './redshift-data-api/server.js';
import { ensureSpark } from './spark/ensure-spark.js';
import {
  forgetStandInPorts,
  readLastPorts,
  writeStandInPorts,
  type StandInName,
  type StandInPorts,
} from './stand-in-ports.js';

/** What a stand-in is made from. */
interface StandInContext {
  /** A folder of its own. */
  readonly dir: string;
  readonly port: number;
  /** The S3 server of the stack, whose keys are the stand-in's too. */
  readonly s3: Connection;
  /** The Postgres of the stack. */
  readonly postgres: Connection;
  readonly onProgress: OnProgress | undefined;
  readonly signal: AbortSignal | undefined;
}

interface StandIn {
  readonly port: number;
  stop(): Promise<void>;
}

/** How each is started, and the port that it takes if it is free. */
const STAND_INS: Readonly<
  Record<
    StandInName,
    { readonly port: number; readonly start: (context: StandInContext) => Promise<StandIn> }
  >
> = {
  emr: { port: 7180, start: startEmr },
  'redshift-data': { port: 7190, start: startRedshiftData },
};

async function startEmr({ dir, port, s3, onProgress, signal }: StandInContext): Promise<StandIn> {
  // now, where its progress is seen, and not in the first step
  const spark = await ensureSpark({ onProgress, signal });
  return startLocalEmr({
    dir,
    port,
    s3,
    startStep: createSparkRunner({ spark: () => Promise.resolve(spark), s3 }),
    findKey: findKeyOf(s3),
    region: String(s3.extra['region_name']),
  });
}

async function startRedshiftData({ port, s3, postgres }: StandInContext): Promise<StandIn> {
  return startRedshiftDataApi({
    port,
    s3,
    postgres,
    findKey: findKeyOf(s3),
    region: String(s3.extra['region_name']),
  });
}

/** Who may use a stand-in: whoever may use the S3 server. */
function findKeyOf({ login = '', password = '' }: Connection): FindAccessKey {
  return (id) => (id === login ? { secretAccessKey: password } : undefined);
}

export interface StartStandInsOptions {
  /** The stack's folder. */
  readonly dir: string;
  readonly names: readonly StandInName[];
  readonly s3: Connection;
  readonly postgres: Connection;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StandIns {
  readonly ports: StandInPorts;
  /** Stops them all. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts these stand-ins, and writes down where they are. Nothing is left running when one cannot start. */
export async function startStandIns(options: StartStandInsOptions): Promise<StandIns> {
  const { dir, names, s3, postgres, onProgress, signal } = options;
  const last = await readLastPorts(dir);
  const started = new Map<StandInName, StandIn>();
  let stopped: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    await forgetStandInPorts(dir);
    await Promise.all([...started.values()].map((standIn) => standIn.stop()));
  };
  const stop = (): Promise<void> => (stopped ??= stopAll());
  try {
    for (const name of new Set(names)) {
      const { port: usual, start } = STAND_INS[name];
      const step = startStep(onProgress, name, `Starting the stand-in for ${name}`);
      const port = await findFreePort([last[name] ?? usual, usual], []);
      started.set(name, await start({ dir: path.join(dir, name), port, s3, postgres, onProgress, signal }));
      step.done(`The stand-in for ${name} answers at http://127.0.0.1:${String(port)}`);
    }
    const ports = Object.fromEntries([...started].map(([name, standIn]) => [name, standIn.port]));
    await writeStandInPorts(dir, ports);
    return { ports, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
