/** Creates an EMR cluster, or adopts the one of that name, and waits until it takes steps. Started by `airtempo emr up`. */
import { z } from 'zod';
import { clusterChoiceFields, createEmrCluster } from '../activities/create-emr-cluster.js';
import { waitForEmrCluster } from '../activities/sensors/emr-cluster.js';
import { dag } from '../index.js';

const params = z.object({ connId: z.string().min(1).default('aws_credentials'), ...clusterChoiceFields });

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
    const connId = ({ params: { connId } }: { params: z.infer<typeof params> }): string => connId;
    const cluster = task('create_cluster', createEmrCluster, {
      connId,
      name: (run) => run.params.name,
      preset: (run) => run.params.preset,
      release: (run) => run.params.release,
      instanceType: (run) => run.params.instanceType,
      instanceCount: (run) => run.params.instanceCount,
      applications: (run) => run.params.applications,
      subnetId: (run) => run.params.subnetId,
      keyName: (run) => run.params.keyName,
      logUri: (run) => run.params.logUri,
      serviceRole: (run) => run.params.serviceRole,
      jobFlowRole: (run) => run.params.jobFlowRole,
      securityConfiguration: (run) => run.params.securityConfiguration,
      idleTimeoutSeconds: (run) => run.params.idleTimeoutSeconds,
    });
    task('wait_for_cluster', waitForEmrCluster, { connId, cluster }, { timeout: TIMEOUT });
  },
);
