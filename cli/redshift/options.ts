/** What the `redshift` commands have in common: which cluster, and the client they look at it with. */
import type { Command } from 'commander';
import { connectRedshiftClusters, type RedshiftClusters } from '../../connections/redshift-clusters.js';
import { CLUSTER_NAME_PATTERN } from '../../connections/redshift-clusters/cluster-spec.js';
import { AirtempoError } from '../../core/errors.js';
import type { App } from '../app.js';

export interface RedshiftOptions {
  readonly aws: string;
  readonly json?: boolean;
}

export interface LifeCycleOptions extends RedshiftOptions {
  readonly taskQueue: string;
  readonly yes?: boolean;
}

export const DEFAULT_CLUSTER = 'airtempo-sparkify';

export const EXIT_HELP = '\nA run does the work, on the workers: Ctrl-C ends the watching alone.';

/** Adds the cluster's name, `--aws` and `--json`. */
export function addRedshiftOptions(command: Command): Command {
  return command
    .argument('[cluster]', 'identifier of the cluster', parseClusterName, DEFAULT_CLUSTER)
    .option('--aws <connId>', 'connection of type aws', 'aws_credentials')
    .option('--json', 'print JSON');
}

/** The same, for commands that start a run. */
export function addLifeCycleOptions(command: Command, taskQueue: string): Command {
  return addRedshiftOptions(command).option('--task-queue <name>', 'task queue of the workers', taskQueue);
}

function parseClusterName(text: string): string {
  if (CLUSTER_NAME_PATTERN.test(text)) return text;
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `${JSON.stringify(text)} is no cluster identifier: up to 63 lower-case letters, digits and single hyphens, a letter first.`,
  );
}

/** Works with a client, which is closed afterwards. */
export async function withRedshift<T>(
  app: App,
  { aws }: Pick<RedshiftOptions, 'aws'>,
  work: (clusters: RedshiftClusters) => Promise<T>,
): Promise<T> {
  const clusters = connectRedshiftClusters(await app.registry.get(aws));
  try {
    return await work(clusters);
  } finally {
    clusters.close();
  }
}
