/** A service of a suite's own, which can be killed and started again where it was. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Connection } from '../../core/connection.js';
import type { ServiceName } from '../../local/service.js';
import type { StackPorts } from '../../local/ports.js';
import {
  startStack,
  type LocalStack,
  type StackEndpoints,
  type StartStackOptions,
} from '../../local/stack.js';

/** Each kind of service by its endpoint. */
export interface Killable<S extends ServiceName> {
  readonly endpoint: StackEndpoints[S];
  /** SIGKILL: nothing is written in good order, and sessions break off. */
  kill(): Promise<void>;
  /** Starts it again, on the same ports and with the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the service in a folder that is its caller's to remove. */
export async function startKillable<S extends ServiceName>(
  name: S,
  options: Omit<StartStackOptions<S>, 'services'>,
): Promise<Killable<S>> {
  let ports: Partial<StackPorts> = options.ports ?? {};
  const start = (): Promise<LocalStack<S>> => startStack<S>({ ...options, services: [name], ports });
  let stack = await start();
  const endpoint = stack[name] as StackEndpoints[S]; // the service that was asked for
  if ('port' in endpoint) ports = { ...ports, [name]: endpoint.port };
  return {
    endpoint,
    kill: async () => {
      process.kill(stack.pids[name], 'SIGKILL');
      await stack.stop();
    },
    restart: async () => {
      stack = await start();
    },
    stop: () => stack.stop(),
  };
}

export interface KillableService extends Omit<Killable<ServiceName>, 'endpoint'> {
  readonly connection: Connection;
}

/** Starts the service with nothing in it. Its connection has the service's name as id. */
export async function startKillableService(name: 'kafka' | 'postgres'): Promise<KillableService> {
  const dir = await mkdtemp(path.join(tmpdir(), `airtempo-${name}-`));
  const { endpoint, kill, restart, stop } = await startKillable(name, { dir, ports: { [name]: 0 } });
  return {
    connection: { ...endpoint, id: name },
    kill,
    restart,
    stop: async () => {
      await stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
