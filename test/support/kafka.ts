/** A real broker for a suite, which can be killed and started again where it was. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Connection } from '../../core/connection.js';
import { startStack, type LocalStack } from '../../local/stack.js';

export interface TestKafka {
  readonly connection: Connection;
  /** SIGKILL: nothing is written in good order. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and with the same topics. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a broker without topics. */
export async function startTestKafka(): Promise<TestKafka> {
  const dir = await mkdtemp(path.join(tmpdir(), 'airtempo-kafka-'));
  const start = (port: number): Promise<LocalStack<'kafka'>> =>
    startStack({ dir, services: ['kafka'], ports: { kafka: port } });
  let stack = await start(0);
  const { kafka: connection } = stack;
  return {
    connection,
    kill: async () => {
      process.kill(stack.pids.kafka, 'SIGKILL');
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
