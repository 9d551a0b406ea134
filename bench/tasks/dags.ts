/** The shapes of the benchmark as DAGs. */
import { dag, operator, type Dag, type Tasks } from '../../index.js';

/** Instants at which tasks began, by workflow; filled by the task itself. */
export const startedAt: number[] = [];

export const noop = operator<{ readonly index?: number }, null>('noop', () => {
  startedAt.push(performance.timeOrigin + performance.now());
  return Promise.resolve(null);
});

export function chainDag(length: number): Dag {
  return dag(`chain_${String(length)}`, {}, ({ task }) => {
    let last: Tasks | undefined;
    for (let index = 0; index < length; index += 1) {
      const next = task(`t${String(index)}`, noop, { index });
      last = last === undefined ? next : last.then(next);
    }
  });
}

export function fanDag(width: number): Dag {
  return dag(`fan_${String(width)}`, { maxActiveTasks: Math.min(width, 500) }, ({ task }) => {
    const first = task('first', noop);
    const middle = Array.from({ length: width }, (_, index) => task(`t${String(index)}`, noop, { index }));
    first.then(...middle).then(task('last', noop));
  });
}
