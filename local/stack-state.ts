/** `stack.json`: what a running stack tells other processes (ports and process ids, never a secret). */

import { rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readTextIfThere, writePrivateFile } from './private-file.js';

const port = z.int().min(1).max(65_535);
const serviceState = z.object({ pid: z.int().positive(), startMark: z.string(), port });

const stackStateSchema = z.object({
  ownerPid: z.int().positive(),
  startedAt: z.iso.datetime(),
  services: z.object({
    temporal: serviceState.extend({ uiPort: port }).optional(),
    postgres: serviceState.optional(),
    s3: serviceState.optional(),
    kafka: serviceState.optional(),
  }),
});

export type StackState = z.infer<typeof stackStateSchema>;
export type ServiceState = z.infer<typeof serviceState>;

/** The files of a stack that its modules agree on. */
export const stackFiles = {
  state: (dir: string): string => path.join(dir, 'stack.json'),
  lock: (dir: string): string => path.join(dir, 'stack.lock'),
  log: (dir: string, service: string): string => path.join(dir, 'logs', `${service}.log`),
  temporal: (dir: string): string => path.join(dir, 'temporal'),
  postgres: (dir: string): string => path.join(dir, 'postgres'),
  s3: (dir: string): string => path.join(dir, 's3'),
  kafka: (dir: string): string => path.join(dir, 'kafka'),
  /** Not `s3-…`: versitygw takes a name that begins like the data folder's for a folder inside it. */
  s3Sidecar: (dir: string): string => path.join(dir, 'object-metadata'),
};

/** The SQLite file of the Temporal server. */
export function temporalDatabase(dir: string): string {
  return path.join(stackFiles.temporal(dir), 'temporal.db');
}

/** What the last stack in this folder wrote, running or not. A damaged file counts as none: it is only a hint. */
export async function readStackState(dir: string): Promise<StackState | undefined> {
  const text = await readTextIfThere(stackFiles.state(dir));
  if (text === undefined) return undefined;
  try {
    return stackStateSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export async function writeStackState(dir: string, state: StackState): Promise<void> {
  await writePrivateFile(stackFiles.state(dir), `${JSON.stringify(state, null, 2)}\n`);
}

export async function removeStackState(dir: string): Promise<void> {
  await rm(stackFiles.state(dir), { force: true });
}
