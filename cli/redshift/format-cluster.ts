/** A Redshift cluster as lines of text. */
import { describePrice } from '../../connections/redshift-clusters/cluster-price.js';
import type { RedshiftCluster } from '../../connections/redshift-clusters/cluster-state.js';
import { formatTable } from '../output.js';

export function formatCluster(cluster: RedshiftCluster): string {
  const { name, status, nodeType, nodes, own } = cluster;
  const rows = [
    ['state', status],
    [
      'made by',
      own ? `airtempo${cluster.runId === undefined ? '' : ` (${cluster.runId})`}` : 'somebody else',
    ],
    ['nodes', `${String(nodes)} × ${nodeType}`],
    [
      'cost',
      cluster.state === 'paused' ? 'storage only, while it is paused' : describePrice(nodeType, nodes),
    ],
    ['created', cluster.createdAt ?? 'unknown'],
    ...(cluster.state === 'available'
      ? [['endpoint', `${cluster.endpoint.host}:${String(cluster.endpoint.port)}/${cluster.database}`]]
      : []),
    [
      'reachable',
      cluster.publiclyAccessible ? 'from outside, by those let in' : 'inside its VPC, and by the Data API',
    ],
    ['encrypted', cluster.encrypted ? 'yes' : 'no'],
  ];
  return formatTable([name, ''], rows);
}
