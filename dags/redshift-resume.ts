/** Resumes a paused Redshift cluster. Its address stays the same, so the connection needs no change. */
import { z } from 'zod';
import { resumeRedshiftCluster } from '../activities/redshift/pause-and-resume.js';
import { dag } from '../index.js';
import { CLUSTER_DEFAULTS, clusterParams } from './redshift-cluster.js';

export default dag(
  'redshift_resume',
  {
    description: 'Resumes a paused Redshift cluster',
    defaultArgs: CLUSTER_DEFAULTS,
    params: z.object(clusterParams),
    tags: ['redshift', 'cluster'],
  },
  ({ task }) => {
    task('resume_cluster', resumeRedshiftCluster, {
      cluster: ({ params }) => params.cluster,
      awsConnId: ({ params }) => params.awsConnId,
    });
  },
);
