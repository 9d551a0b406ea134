/** What is run: each shape as a DAG, and as a call of the workflow written by hand. */
import type { Dag } from '../../core/dag.js';
import { chainDag, fanDag } from './dags.js';

export interface Shape {
  /** For `--shapes`. */
  readonly id: string;
  readonly name: string;
  readonly dag: Dag;
  readonly handWritten: { readonly type: string; readonly size: number };
  /** Runs at once. */
  readonly runs: number;
  /** Samples a turn and side: more where a single one is short. */
  readonly samples: number;
}

export const SHAPES: readonly Shape[] = [
  chain('latency', 'one task', 1, { samples: 10 }),
  chain('chain_10', 'chain of 10', 10, {}),
  chain('chain_100', 'chain of 100', 100, {}),
  fan('fan_100', '1 → 100 → 1', 100),
  fan('fan_1000', '1 → 1,000 → 1', 1000),
  chain('burst_50', '50 chains of 10 at once', 10, { runs: 50 }),
];

function chain(
  id: string,
  name: string,
  size: number,
  some: Partial<Pick<Shape, 'runs' | 'samples'>>,
): Shape {
  return {
    id,
    name,
    dag: chainDag(size),
    handWritten: { type: 'chain', size },
    runs: 1,
    samples: 1,
    ...some,
  };
}

function fan(id: string, name: string, size: number): Shape {
  return { id, name, dag: fanDag(size), handWritten: { type: 'fan', size }, runs: 1, samples: 1 };
}

/** The shapes of these ids, in the order of the list; all of them without. */
export function chooseShapes(ids: readonly string[]): readonly Shape[] {
  const unknown = ids.find((id) => !SHAPES.some((shape) => shape.id === id));
  if (unknown !== undefined) {
    const known = SHAPES.map(({ id }) => id).join(', ');
    throw new Error(`There is no shape ${JSON.stringify(unknown)}. Use some of: ${known}.`);
  }
  return SHAPES.filter(({ id }) => ids.length === 0 || ids.includes(id));
}
