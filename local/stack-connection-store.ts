/**
 * The connections that a running local stack offers under the ids DAGs use: `aws_credentials`,
 * `redshift` (Postgres standing in for it) and `postgres`; `kafka` where it was asked for; with their stand-ins `emr` and `redshift_data_api`, and `spark`
 * where one was fetched.
 * Asked last, so a connection of one's own wins.
 */
import type { ConnectionStore } from '../connections/connection-store.js';
import type { Connection } from '../core/connection.js';
import { LOCAL_TARGETS } from './redshift-data-api/target.js';
import { readRunningStack, type RunningStack } from './running-stack.js';
import { findSpark } from './spark/ensure-spark.js';
import { createSparkConnection } from './spark/spark-connection.js';
import { addStandIns, readStandInPorts } from './stand-in-ports.js';

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
  const stack = await readRunningStack(dir);
  if (stack === undefined) return new Map();
  const { s3, postgres, kafka } = stack;
  const connections: Connection[] = [
    ...(s3 === undefined ? [] : await offerS3(dir, s3, stack)),
    ...(postgres === undefined ? [] : ['postgres', 'redshift'].map((id) => ({ ...postgres, id }))),
    ...(kafka === undefined ? [] : [kafka]),
  ];
  return new Map(connections.map((connection) => [connection.id, connection]));
}

/** `aws_credentials`, and what goes by it: services with a stand-in, and `spark` once there is one in the cache. */
async function offerS3(
  dir: string,
  s3: Connection,
  { ownerPid, postgres }: RunningStack,
): Promise<readonly Connection[]> {
  const ports = await readStandInPorts(dir, ownerPid);
  const spark = await findSpark();
  return [
    { ...addStandIns(s3, ports), id: 'aws_credentials' },
    ...(ports.emr === undefined ? [] : [EMR]),
    ...(ports['redshift-data'] === undefined ? [] : [createDataApiConnection(postgres?.schema)]),
    ...(spark === undefined ? [] : [createSparkConnection(spark, s3)]),
  ];
}

const EMR: Connection = {
  id: 'emr',
  type: 'emr',
  description: 'The local EMR; jobs name their cluster',
  extra: { aws_conn_id: 'aws_credentials' },
};

function createDataApiConnection(database: string | undefined): Connection {
  return {
    id: 'redshift_data_api',
    type: 'redshift',
    description: 'The Data API of the local stack, with Postgres in the place of Redshift',
    ...(database === undefined ? {} : { schema: database }),
    extra: {
      driver: 'data-api',
      cluster_identifier: LOCAL_TARGETS.clusterIdentifier,
      aws_conn_id: 'aws_credentials',
    },
  };
}
