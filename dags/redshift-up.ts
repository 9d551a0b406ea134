/** Brings a Redshift cluster up: creates it, or takes up the one that is there, and writes where it answers into a connection. */
import { z } from 'zod';
import { dag } from '../index.js';
import { addUpTasks, CLUSTER_DEFAULTS, upParams } from './redshift-cluster.js';

export default dag(
  'redshift_up',
  {
    description: 'Creates or resumes a Redshift cluster and writes its connection',
    defaultArgs: CLUSTER_DEFAULTS,
    params: z.object(upParams),
    tags: ['redshift', 'cluster'],
  },
  ({ task }) => {
    addUpTasks(task);
  },
);
