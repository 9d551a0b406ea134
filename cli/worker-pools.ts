/** Which pools a worker serves, and with how many slots: from `--pool`, `--slots` and airtempo.config.ts. */
import { InvalidArgumentError } from 'commander';
import type { ResolvedConfig } from '../core/config.js';
import { AirtempoError } from '../core/errors.js';
import { suggest } from '../core/suggest.js';
import { wholeNumber } from './whole-number.js';

/** A pool to serve. */
export interface ServedPool {
  readonly name: string;
  readonly slots: number;
}

/** `--pool redshift` or `--pool redshift=4`. */
export interface PoolArgument {
  readonly name: string;
  readonly slots?: number;
}

/** For commander: a number of slots. */
export const parseSlots = wholeNumber(1, 10_000);

/** For commander: collects `--pool` arguments. */
export function addPool(text: string, pools: readonly PoolArgument[]): readonly PoolArgument[] {
  const match = /^([A-Za-z0-9_.-]+)(?:=(\d+))?$/.exec(text);
  const [, name, slots] = match ?? [];
  if (name === undefined) throw new InvalidArgumentError('Write name or name=slots, e.g. redshift=4.');
  if (pools.some((pool) => pool.name === name)) throw new InvalidArgumentError(`${name} is named twice.`);
  return [...pools, { name, ...(slots === undefined ? {} : { slots: parseSlots(slots) }) }];
}

/**
 * The pools to serve. Slots are those of the argument, else `--slots`, else the configuration's.
 * @throws AirtempoError UNKNOWN_POOL for a pool without slots that the configuration does not declare.
 */
export function resolvePools(
  options: { readonly pool: readonly PoolArgument[]; readonly allPools?: boolean; readonly slots?: number },
  declared: ResolvedConfig['pools'],
  taskQueue: string,
): readonly ServedPool[] {
  const named = options.pool.map(({ name, slots }) => ({
    name,
    slots: slots ?? options.slots ?? declared[name]?.slots ?? refuseUnknown(name, declared),
  }));
  const others = Object.entries(declared).filter(([name]) => !named.some((pool) => pool.name === name));
  const pools = [
    ...named,
    ...(options.allPools === true ? others.map(([name, { slots }]) => ({ name, slots })) : []),
  ];
  if (pools.some(({ name }) => name === taskQueue)) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `The pool ${JSON.stringify(taskQueue)} is called like the task queue of runs, so its slots would be no limit. Rename the pool, or choose another --task-queue.`,
    );
  }
  return pools;
}

function refuseUnknown(name: string, declared: ResolvedConfig['pools']): never {
  const names = Object.keys(declared);
  throw new AirtempoError(
    'UNKNOWN_POOL',
    `airtempo.config.ts does not declare the pool ${JSON.stringify(name)}, so its slots are unknown.${suggest(name, names)} ` +
      `Declare it, or say how many slots it has: --pool ${name}=4.`,
  );
}
