/**
 * Where the stand-ins of a stack are: `stand-ins.json` tells other processes their ports, never a secret. Knows nothing of how
 * they work, so that every command can afford to look.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { AwsService } from '../connections/aws.js';
import type { Connection } from '../core/connection.js';
import { readTextIfThere, writePrivateFile } from './private-file.js';

/** Every stand-in, by the name of its service in `extra.service_config`. */
export const STAND_IN_NAMES = ['emr', 'redshift-data'] as const satisfies readonly AwsService[];
export type StandInName = (typeof STAND_IN_NAMES)[number];

const stateSchema = z.object({
  ownerPid: z.int().positive(),
  ports: z.partialRecord(z.enum(STAND_IN_NAMES), z.int().min(1).max(65_535)),
});

/** Where stand-ins are found. */
export type StandInPorts = z.infer<typeof stateSchema>['ports'];

/** The ports that the latest stand-ins of the stack in `dir` had, whoever started them. */
export async function readLastPorts(dir: string): Promise<StandInPorts> {
  return (await readState(dir))?.ports ?? {};
}

/** Tells where the stand-ins of this process are. */
export async function writeStandInPorts(dir: string, ports: StandInPorts): Promise<void> {
  await writePrivateFile(stateFile(dir), JSON.stringify({ ownerPid: process.pid, ports }));
}

/** There are none any more. */
export async function forgetStandInPorts(dir: string): Promise<void> {
  await rm(stateFile(dir), { force: true });
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
