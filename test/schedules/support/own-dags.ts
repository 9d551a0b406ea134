/** DAGs for one test: ids of their own, since schedules of a server share one list. */
import { randomUUID } from 'node:crypto';
import { dag, type Dag, type DagOptions } from '../../../core/dag.js';
import { empty } from '../../../activities/empty.js';

/** A DAG of one empty task. */
export function createDag(name: string, options: DagOptions<unknown>): Dag {
  return dag(name, options, ({ task }) => void task('done', empty));
}

/** A name that no other test has. */
export const uniqueName = (name: string): string => `${name}_${randomUUID().slice(0, 8)}`;

/** DAGs by id, as a loader gives them. */
export const byId = (dags: readonly Dag[]): ReadonlyMap<string, Dag> =>
  new Map(dags.map((dag) => [dag.id, dag]));
