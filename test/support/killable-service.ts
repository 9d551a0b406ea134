/** A service of a suite's own, which can be killed and started again where it was. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Connection } from '../../core/connection.js';
import { startStack, type LocalStack } from '../../local/stack.js';

type Service = 'kafka' | 'postgres';

export interface KillableService {
  readonly connection: Connection;
  /** SIGKILL: nothing is written in good order, and sessions break off. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and with the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the service with nothing in it. Its connection has the service's name as id. */
export async function startKillableService(name: Service): Promise<KillableService> {
  const dir = await mkdtemp(path.join(tmpdir(), `airtempo-${name}-`));
  const start = (port: number): Promise<LocalStack<Service>> =>
    startStack<Service>({ dir, services: [name], ports: { [name]: port } });
  let stack = await start(0);
  const connection: Connection = { ...stack[name], id: name };
  return {
    connection,
    kill: async () => {
      process.kill(stack.pids[name], 'SIGKILL');
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
