/** The error for a cluster that has ended, or is ending, while it is needed. Pure. */
import type { EmrCluster } from '../../connections/emr/emr.js';
import { AirtempoError } from '../../core/errors.js';

export function toClusterFailure({ clusterId, name, status, logUri }: EmrCluster): AirtempoError {
  const reason = 'reason' in status && status.reason !== '' ? `: ${status.reason}` : '';
  const logs = logUri === undefined ? '' : ` Its logs are in ${logUri}.`;
  return new AirtempoError(
    'CLUSTER_FAILED',
    `EMR cluster ${clusterId} (${name}) is ${status.state}${reason}. Correct what it names, then clear the task that creates the cluster.${logs}`,
  );
}
