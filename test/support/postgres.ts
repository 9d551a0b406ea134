/** A Postgres of a suite's own, which can be killed and started again where it was. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Connection } from '../../core/connection.js';
import { startStack, type LocalStack } from '../../local/stack.js';

export interface TestPostgres {
  readonly connection: Connection;
  /** SIGKILL: sessions break off, and nobody is let in. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and with the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server with an empty database. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const dir = await mkdtemp(path.join(tmpdir(), 'airtempo-postgres-'));
  const start = (port: number): Promise<LocalStack<'postgres'>> =>
    startStack({ dir, services: ['postgres'], ports: { postgres: port } });
  let stack = await start(0);
  const connection = { ...stack.postgres, id: 'postgres' };
  return {
    connection,
    kill: async () => {
      process.kill(stack.pids.postgres, 'SIGKILL');
      await stack.stop();
    },
    restart: async () => {
      stack = await start(connection.port ?? 0);
    },
    stop: async () => {
      await stack.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
