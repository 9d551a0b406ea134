/** An EMR cluster as the commands show it. */
import type { EmrCluster } from '../../connections/emr/emr.js';

/** Lines of name and value; what is not known is left out. */
export function describeClusterLines(cluster: EmrCluster): readonly string[] {
  const { status } = cluster;
  const reason = 'reason' in status && status.reason !== '' ? ` (${status.reason})` : '';
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['cluster', cluster.clusterId],
    ['name', cluster.name],
    ['state', `${status.state}${reason}`],
    ['release', cluster.release],
    ['created', cluster.createdAt],
    ['made by', cluster.isManaged ? `airtempo (${cluster.madeBy ?? 'unknown run'})` : 'not airtempo'],
    ['primary', cluster.masterDns],
    ['logs', cluster.logUri],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(9)}${value}`]));
}
