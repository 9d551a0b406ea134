/**
 * A warehouse for an hour: a Redshift cluster of its own is made, loaded by awst_redshift_dag, asked a few questions, and
 * deleted, however that went. It touches no cluster that another run has made.
 */
import { z } from 'zod';
import { checkSql } from '../activities/check-sql.js';
import { empty } from '../activities/empty.js';
import { removeRedshiftConnection } from '../activities/redshift/connection.js';
import { deleteRedshiftCluster } from '../activities/redshift/delete-cluster.js';
import { triggerDag } from '../activities/trigger-dag.js';
import { dag } from '../index.js';
import { addUpTasks, CLUSTER_DEFAULTS, upParams } from './redshift-cluster.js';
import { mailOnFailure } from './mail-on-failure.js';
import { INSIGHT_CHECKS } from './star-schema.js';

/** awst_redshift_dag loads into this connection. */
const CONN_ID = 'redshift';

const params = z.object({
  ...upParams,
  cluster: z.string().min(1).default('airtempo-lifecycle'),
  connId: z.literal(CONN_ID).default(CONN_ID),
  /** What is loaded, as the params of awst_redshift_dag; `dataPrefixes` has to cover it. */
  load: z.record(z.string(), z.unknown()).default({}),
});

export default dag(
  'redshift_lifecycle',
  {
    description: 'Brings a Redshift cluster up, loads it, queries it and deletes it again',
    defaultArgs: { ...CLUSTER_DEFAULTS, onFailure: mailOnFailure },
    params,
    tags: ['sparkify', 'redshift', 'cluster'],
  },
  ({ task }) => {
    const { access, write } = addUpTasks(task, 'run');
    const load = task('load', triggerDag, {
      dagId: 'awst_redshift_dag',
      conf: ({ params }) => params.load,
      wait: true,
    });
    const query = task('query', checkSql, { connId: CONN_ID, checks: INSIGHT_CHECKS });
    // a leaf of its own: the teardown that may fail the run would otherwise stand for what failed before it
    const end = task('stop_execution', empty);
    write.then(load).then(query).then(end);

    // from `access` on: a create that failed may have made a cluster all the same
    const deleteCluster = task('delete_cluster', deleteRedshiftCluster, {
      cluster: ({ params }) => params.cluster,
      awsConnId: ({ params }) => params.awsConnId,
      scope: 'run',
    }).asTeardown({ setups: [access], onFailureFailDagrun: true });
    const removeConnection = task('remove_connection', removeRedshiftConnection, {
      cluster: ({ params }) => params.cluster,
      connId: CONN_ID,
    }).asTeardown({ setups: [access] });
    query.then(deleteCluster).then(removeConnection);
  },
);
