/**
 * Stand-ins for AWS services, beside the local stack and for whoever asks for them by name (`airtempo dev --with emr`). They
 * live in the process of the stack's owner; `stand-ins.json` tells other processes their ports, never a secret.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { AwsService } from '../connections/aws.js';
import type { Connection } from '../core/connection.js';
import type { FindAccessKey } from './aws/signature.js';
import { createSparkRunner } from './emr/run-steps.js';
import { startLocalEmr } from './emr/server.js';
import { findFreePort } from './ports.js';
import { readTextIfThere, writePrivateFile } from './private-file.js';
import { startStep } from './progress.js';
import type { OnProgress } from './progress.js';
import { startRedshiftDataApi } from './redshift-data-api/server.js';
import { ensureSpark } from './spark/ensure-spark.js';

/** Every stand-in, by the name of its service in `extra.service_config`. */
export const STAND_IN_NAMES = ['emr', 'redshift-data'] as const satisfies readonly AwsService[];
export type StandInName = (typeof STAND_IN_NAMES)[number];

const stateSchema = z.object({
  ownerPid: z.int().positive(),
  ports: z.partialRecord(z.enum(STAND_IN_NAMES), z.int().min(1).max(65_535)),
});

/** Where stand-ins are found. */
export type StandInPorts = z.infer<typeof stateSchema>['ports'];

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
  const last = (await readState(dir))?.ports ?? {};
  const started = new Map<StandInName, StandIn>();
  let stopped: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    await rm(stateFile(dir), { force: true });
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
    await writePrivateFile(stateFile(dir), JSON.stringify({ ownerPid: process.pid, ports }));
    return { ports, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The stand-ins of the stack in `dir` that this process owns; none when they are another, earlier process's. */
export async function readStandInPorts(dir: string, ownerPid: number): Promise<StandInPorts> {
  const state = await readState(dir);
  return state?.ownerPid === ownerPid ? state.ports : {};
}

/** A damaged file counts as none: it is only a hint. */
async function readState(dir: string): Promise<z.infer<typeof stateSchema> | undefined> {
  const text = await readTextIfThere(stateFile(dir));
  try {
    return text === undefined ? undefined : stateSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function stateFile(dir: string): string {
  return path.join(dir, 'stand-ins.json');
}

/** The connection to S3 with the stand-ins' addresses in it: one connection of type aws leads to all of them. */
export function addStandIns(s3: Connection, ports: StandInPorts): Connection {
  const services = Object.entries(ports).map(([name, port]) => [
    name,
    { endpoint_url: `http://127.0.0.1:${String(port)}` },
  ]);
  if (services.length === 0) return s3;
  return { ...s3, extra: { ...s3.extra, service_config: Object.fromEntries(services) } };
}
