/** Creates an EMR cluster, or adopts the one of that name, and waits until it takes steps. Started by `airtempo emr up`. */
import { z } from 'zod';
import { createEmrCluster } from '../activities/create-emr-cluster.js';
import { waitForEmrCluster } from '../activities/sensors/emr-cluster.js';
import { dag } from '../index.js';
import { clusterArgs, clusterParams } from './emr-cluster-choices.js';

const params = z.object({
  connId: z.string().min(1).default('aws_credentials'),
  /** Default: the preset's. */
  name: z.string().min(1).optional(),
  ...clusterParams,
});

/** EMR itself gives up on a cluster that does not come up, after about an hour. */
const TIMEOUT = '2h';

export default dag(
  'emr_up',
  {
    description: 'Creates an EMR cluster, or adopts it, and waits until it takes steps',
    startDate: '2018-11-01',
    defaultArgs: { retries: 3, retryDelay: '30s' },
    params,
    tags: ['emr'],
  },
  ({ task }) => {
    const cluster = task('create_cluster', createEmrCluster, {
      connId: (run) => run.params.connId,
      name: (run) => run.params.name,
      ...clusterArgs,
    });
    task(
      'wait_for_cluster',
      waitForEmrCluster,
      { connId: (run) => run.params.connId, cluster },
      { timeout: TIMEOUT },
    );
  },
);
