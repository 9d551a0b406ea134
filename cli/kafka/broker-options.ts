/** The options that say which brokers. */
import { Option } from 'commander';
import type { Connection } from '../../core/connection.js';
import type { App } from '../app.js';

export interface BrokerOptions {
  readonly connId: string;
  readonly brokers?: string;
}

export const CONN_ID = new Option('--conn-id <id>', 'connection of type kafka').default('kafka');
export const BROKERS = new Option(
  '--brokers <list>',
  'host:port, separated by commas, instead of a connection',
);

/** The connection that is named, or one to the brokers that are. Throws CONNECTION_NOT_FOUND. */
export async function findBrokers(app: App, { connId, brokers }: BrokerOptions): Promise<Connection> {
  return brokers === undefined
    ? app.registry.get(connId)
    : { id: '--brokers', type: 'kafka', extra: { brokers } };
}
