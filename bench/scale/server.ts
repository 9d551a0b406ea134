/** A server of its own for each measurement, so that none pays for what another has left. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { startStack } from '../../local/stack.js';

/** Where the work is done. */
export interface Bench {
  readonly client: Client;
  readonly address: string;
  readonly serverPid: number;
  /** For projects. */
  readonly dir: string;
}

/** Starts a server, measures, and removes all of it. */
export async function withServer<Result>(measure: (bench: Bench) => Promise<Result>): Promise<Result> {
  const dir = await mkdtemp(path.join(tmpdir(), 'airtempo-bench-scale-'));
  try {
    const stack = await startStack({
      dir: path.join(dir, 'stack'),
      services: ['temporal'],
      ports: { temporal: 0, temporalUi: 0 },
    });
    try {
      const { address } = stack.temporal;
      const connection = await Connection.connect({ address });
      const client = new Client({ connection });
      const result = await measure({ client, address, serverPid: stack.pids.temporal, dir });
      await connection.close();
      return result;
    } finally {
      await stack.stop();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
