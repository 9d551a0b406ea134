/** The shapes of the benchmark as DAGs. */
import { dag, operator, type Dag, type Tasks } from '../../index.js';
import { noteStart } from './starts.js';

const noop = operator<{ readonly index?: number }, null>('noop', () => {
  noteStart();
  return Promise.resolve(null);
});

/** `length` tasks, one after the other. */
export function chainDag(length: number): Dag {
  return dag(`chain_${String(length)}`, {}, ({ task }) => {
    let last: Tasks | undefined;
    for (let index = 0; index < length; index += 1) {
      const next = task(`t${String(index)}`, noop, { index });
      last = last === undefined ? next : last.then(next);
    }
  });
}

/** As many as an option may ask for. */
const MOST_ACTIVE_TASKS = 500;

/** 1 → width → 1; all of the middle at once, as written by hand, as far as a DAG may. */
export function fanDag(width: number): Dag {
  return dag(`fan_${String(width)}`, { maxActiveTasks: Math.min(width, MOST_ACTIVE_TASKS) }, ({ task }) => {
    const first = task('first', noop);
    const middle = Array.from({ length: width }, (_, index) => task(`t${String(index)}`, noop, { index }));
    first.then(...middle).then(task('last', noop));
  });
}
