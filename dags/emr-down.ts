/** Terminates an EMR cluster and waits until it is gone. Started by `airtempo emr down`. */
import { z } from 'zod';
import { terminateEmrCluster } from '../activities/terminate-emr-cluster.js';
import { dag } from '../index.js';

const params = z
  .object({
    connId: z.string().min(1).default('aws_credentials'),
    /** The cluster that airtempo has made under this name. */
    name: z.string().min(1).optional(),
    clusterId: z.string().min(1).optional(),
  })
  .refine(({ name, clusterId }) => (name === undefined) !== (clusterId === undefined), {
    message: 'give either name or clusterId',
  });

export default dag(
  'emr_down',
  {
    description: 'Terminates an EMR cluster and waits until it is gone',
    startDate: '2018-11-01',
    defaultArgs: { retries: 3, retryDelay: '30s' },
    params,
    tags: ['emr'],
  },
  ({ task }) => {
    task(
      'terminate_cluster',
      terminateEmrCluster,
      {
        connId: (run) => run.params.connId,
        name: (run) => run.params.name,
        cluster: ({ params: { clusterId } }) => (clusterId === undefined ? undefined : { clusterId }),
      },
      { timeout: '1h' },
    );
  },
);
