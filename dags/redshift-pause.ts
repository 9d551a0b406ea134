/** Pauses a Redshift cluster: its data stays and costs storage, its nodes cost nothing. */
import { z } from 'zod';
import { pauseRedshiftCluster } from '../activities/redshift/pause-and-resume.js';
import { dag } from '../index.js';
import { CLUSTER_DEFAULTS, clusterParams } from './redshift-cluster.js';

export default dag(
  'redshift_pause',
  {
    description: 'Pauses a Redshift cluster',
    defaultArgs: CLUSTER_DEFAULTS,
    params: z.object(clusterParams),
    tags: ['redshift', 'cluster'],
  },
  ({ task }) => {
    task('pause_cluster', pauseRedshiftCluster, {
      cluster: ({ params }) => params.cluster,
      awsConnId: ({ params }) => params.awsConnId,
    });
  },
);
