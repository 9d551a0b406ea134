/** SQL of tasks on Redshift connections that Redshift would refuse, as far as a DAG file tells it before a run. */
import { findRefusedByRedshift } from '../connections/sql/fidelity.js';
import type { ConnectionRegistry } from '../connections/index.js';
import type { Dag } from '../core/dag.js';
import { isRecord } from '../core/outside-value.js';
import { renderSql } from './tasks/render-sql.js';

export interface RefusedSql {
  readonly place: string;
  readonly message: string;
}

async function isOnRedshift(args: unknown, registry: ConnectionRegistry): Promise<boolean> {
  const connId = isRecord(args) ? args['connId'] : undefined;
  if (typeof connId !== 'string') return false;
  const found = await registry.find(connId).catch(() => undefined); // unreadable ones are reported on their own
  return found?.connection.type === 'redshift';
}

/** Looks at the files and texts that are written down as they are; what a function of the run gives is not known yet. */
export async function findRefusedSql(dag: Dag, registry: ConnectionRegistry): Promise<readonly RefusedSql[]> {
  const problems: RefusedSql[] = [];
  for (const { id, args, operator } of dag.graph.tasks) {
    // COPY writes its own statements, and they are Redshift's
    if (operator === 'copy_from_s3' || !(await isOnRedshift(args, registry))) continue;
    const statements = await renderSql('', args, {
      dialect: 'redshift',
      findConnection: (connId) => registry.get(connId),
    });
    for (const { place, text } of statements) {
      for (const { name, why } of findRefusedByRedshift(text)) {
        problems.push({
          place: `DAG ${dag.id}, task ${id}`,
          message: `${place} has ${name}, which Redshift does not do in a transaction: ${why}.`,
        });
      }
    }
  }
  return problems;
}
