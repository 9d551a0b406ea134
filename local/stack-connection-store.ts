/**
 * The connections that a running local stack offers under the ids DAGs use: `aws_credentials`,
 * `redshift` (Postgres standing in for it) and `postgres`. Asked last, so a connection of one's own wins.
 */
import type { ConnectionStore } from '../connections/connection-store.js';
import type { Connection } from '../core/connection.js';
import { readRunningStack } from './running-stack.js';

/** A stack that was seen alive is taken to live this long; asking it costs a login. */
const FRESH_MS = 5_000;

/** A store over the stack in `dir`; empty while none runs. */
export function createStackConnectionStore(dir: string): ConnectionStore {
  let seen:
    { readonly at: number; readonly connections: Promise<ReadonlyMap<string, Connection>> } | undefined;
  const connections = (): Promise<ReadonlyMap<string, Connection>> => {
    if (seen === undefined || performance.now() - seen.at > FRESH_MS) {
      seen = { at: performance.now(), connections: readConnections(dir) };
    }
    return seen.connections;
  };
  const place = (id: string): string => `the local stack in ${dir} (connection ${id})`;
  return {
    name: 'local stack',
    describePlace: place,
    get: async (id) => (await connections()).get(id),
    list: async () =>
      [...(await connections())]
        .map(([id, connection]) => ({ id, place: place(id), connection }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

async function readConnections(dir: string): Promise<ReadonlyMap<string, Connection>> {
  const { s3, postgres } = (await readRunningStack(dir)) ?? {};
  const connections: Connection[] = [
    ...(s3 === undefined ? [] : [{ ...s3, id: 'aws_credentials' }]),
    ...(postgres === undefined ? [] : ['postgres', 'redshift'].map((id) => ({ ...postgres, id }))),
  ];
  return new Map(connections.map((connection) => [connection.id, connection]));
}
