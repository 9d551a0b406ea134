/**
 * How tables, objects and files are called in lineage, by OpenLineage's naming. Reads no data, and takes nothing from a
 * connection but host, port and database.
 */
import path from 'node:path';
import type { Connection } from '../core/connection.js';
import type { Dataset } from '../core/lineage.js';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { postgres: 5432, redshift: 5439 };
const DEFAULT_SCHEMA = 'public';

/** A table of a database: `table` or `schema.table`. A Redshift cluster is named `cluster.region`, as its own tools do. */
export function describeTable(connection: Connection, table: string): Dataset {
  const { type, host = 'localhost', port = DEFAULT_PORTS[type], schema: database } = connection;
  const cluster = /^([^.]+)\.[^.]+\.([^.]+)\.redshift\.amazonaws\.com/.exec(host);
  const place = cluster === null ? host : `${cluster[1] ?? ''}.${cluster[2] ?? ''}`;
  const qualified = table.includes('.') ? table : `${DEFAULT_SCHEMA}.${table}`;
  return {
    namespace: `${type}://${place}${port === undefined ? '' : `:${String(port)}`}`,
    name: database === undefined ? qualified : `${database}.${qualified}`,
  };
}

/** Objects below a prefix: `s3://bucket/prefix/`. */
export function describeObjects(url: string): Dataset {
  const [, bucket = '', prefix = ''] = /^s3[an]?:\/\/([^/]+)\/?(.*)$/.exec(url) ?? [];
  return { namespace: `s3://${bucket}`, name: prefix.replace(/\/$/, '') || '/' };
}

/** A file, a folder or a glob on this machine. */
export function describeFiles(from: string): Dataset {
  return { namespace: 'file', name: path.resolve(from) };
}

/** What a DAG calls a dataset: an `s3://` URL, or a table of the task's connection. */
export function describeNamed(connection: Connection, name: string): Dataset {
  return /^s3[an]?:\/\//.test(name) ? describeObjects(name) : describeTable(connection, name);
}
