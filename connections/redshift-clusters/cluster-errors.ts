/** The errors about a cluster that is not as a task needs it. */
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import type { RedshiftCluster } from './cluster-state.js';

/** The error for a cluster that somebody else, or another run, has made under the name. */
export function clusterConflict(cluster: RedshiftCluster, connection: Pick<Connection, 'id'>): AirtempoError {
  const [maker, fix] = cluster.own
    ? [`made by the run ${cluster.runId ?? 'unknown'}, not by this one`, '']
    : ['not made by airtempo', `, or tag it airtempo:name=${cluster.name} to hand it over`];
  return new AirtempoError(
    'CLUSTER_CONFLICT',
    `There is a Redshift cluster "${cluster.name}" (${cluster.status}, connection "${connection.id}") ${maker}: ` +
      `it is left alone. Choose another name${fix}.`,
  );
}

/** The error for a cluster that does not get well by itself. */
export function clusterFailed(cluster: RedshiftCluster): AirtempoError {
  return new AirtempoError(
    'CLUSTER_FAILED',
    `Redshift cluster "${cluster.name}" is ${cluster.status}, which it does not leave by itself. ` +
      `Look at its events in the Redshift console; delete it with "airtempo redshift down ${cluster.name}".`,
  );
}
