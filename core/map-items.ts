/**
 * What a DAG file maps over: `each(list)`, `each(zip(a, b))`, and the items that a mapped group's tasks use. Values
 * that stand for values; nothing is mapped here.
 */
import { AirtempoError } from './errors.js';
import { showValue } from './outside-value.js';
import { TaskRef } from './task-ref.js';

/** Several lists side by side: their elements come as tuples, as many as the shortest list has. */
export class Zip<out Tuple extends readonly unknown[] = readonly unknown[]> {
  readonly lists: readonly TaskRef<readonly unknown[]>[];
  /** Carries the type only; never present at run time. */
  declare readonly tuple: Tuple;

  constructor(lists: readonly TaskRef<readonly unknown[]>[]) {
    this.lists = lists;
  }
}

/** One element of a list at a time. */
export class Each<out Item = unknown> {
  /** Tasks whose outputs are the lists (several are zipped), or the list itself. */
  readonly source: readonly TaskRef[] | { readonly list: readonly unknown[] };
  /** Carries the type only; never present at run time. */
  declare readonly item: Item;

  constructor(source: Each['source']) {
    this.source = source;
  }
}

/** An element of a list inside a mapped group; in arguments, its value. */
export class MapItem<out Item = unknown> {
  readonly groupId: string;
  readonly key: string;
  /** Carries the type only; never present at run time. */
  declare readonly item: Item;

  constructor(groupId: string, key: string) {
    this.groupId = groupId;
    this.key = key;
  }
}

/** Zips the outputs of tasks: `each(zip(names, sizes))` gives `[name, size]`. As Airflow's XComArg.zip(). */
export function zip<const Lists extends readonly TaskRef<readonly unknown[]>[]>(
  ...lists: Lists
): Zip<{ readonly [K in keyof Lists]: Lists[K] extends TaskRef<readonly (infer Item)[]> ? Item : never }> {
  if (lists.length > 0 && lists.every((list) => list instanceof TaskRef)) return new Zip(lists);
  throw invalid(
    `zip got ${lists.length === 0 ? 'nothing' : 'something that is no task'}`,
    'zip(names, sizes)',
  );
}

/**
 * Maps over a list: the output of a task, a list written in place, or zipped outputs. With several `each` a mapped task
 * has an instance for each combination, the last varying fastest. As Airflow's expand().
 */
export function each<Item>(
  list: TaskRef<readonly Item[]> | readonly Item[] | Zip<Item & readonly unknown[]>,
): Each<Item> {
  if (list instanceof TaskRef) return new Each([list]);
  if (list instanceof Zip) return new Each(list.lists);
  if (Array.isArray(list)) return new Each({ list });
  throw invalid(
    `each got ${showValue(list)}`,
    'each(keys), with a task that returns a list, or each([1, 2])',
  );
}

function invalid(problem: string, example: string): AirtempoError {
  return new AirtempoError('INVALID_TASK', `${problem}, not a list. Write ${example}.`);
}
