/** What the `emr` commands have in common: their options, and the clients they work with. */
import type { Command } from 'commander';
import { findAwsConnection } from '../../activities/emr/open-emr.js';
import type { EmrPreset } from '../../connections/emr/cluster-plan.js';
import { connectEmr, type EmrClient, type EmrCluster } from '../../connections/emr/emr.js';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import type { App } from '../app.js';

export interface EmrOptions {
  readonly conn: string;
  readonly json?: boolean;
}

/** Options that say which cluster. */
export interface ClusterOptions extends EmrOptions {
  readonly name?: string;
  readonly clusterId?: string;
  readonly preset?: EmrPreset;
}

/** Adds `--conn` and `--json`. */
export function addEmrOptions(command: Command): Command {
  return command
    .option('--conn <connId>', 'connection of type emr or aws', 'aws_credentials')
    .option('--json', 'print JSON');
}

/** The AWS connection behind the one that was named. */
export async function findAws(app: App, { conn }: EmrOptions): Promise<Connection> {
  const connection = (id: string): Promise<Connection> => app.registry.get(id);
  return findAwsConnection({ connection }, await connection(conn));
}

/** Works with an EMR client, which is closed afterwards. */
export async function withEmrClient<T>(
  app: App,
  options: EmrOptions,
  work: (client: EmrClient) => Promise<T>,
): Promise<T> {
  const client = connectEmr(await findAws(app, options));
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** The cluster of that id, or the active one of that name. Throws CLUSTER_NOT_FOUND. */
export async function findCluster(
  client: EmrClient,
  { clusterId }: Pick<ClusterOptions, 'clusterId'>,
  name: string,
): Promise<EmrCluster> {
  if (clusterId !== undefined) return client.describeCluster(clusterId);
  const found = await client.findCluster(name, { anyone: true });
  if (found !== undefined) return found;
  throw new AirtempoError(
    'CLUSTER_NOT_FOUND',
    `No active EMR cluster is called "${name}". "airtempo emr list" shows what there is; "airtempo emr up" creates one.`,
  );
}
