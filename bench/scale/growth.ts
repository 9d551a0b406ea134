/** How figures grow as the work doubles. */
import { round } from '../support/median.js';
import type { Figures } from './measure-work.js';

/** Twice the work may cost a little more than twice as much before it counts as more than linear. */
const LINEAR = 2.2;

/** A row of figures by size, each size twice the one before. */
export type Series = readonly { readonly size: number; readonly figures: Figures }[];

/** For each figure, over the last doubling and on average over all; 2 is linear, 1 does not grow. */
export interface Growth {
  readonly last: number;
  readonly mean: number;
}

/** The growth of each figure that grows at all. */
export function computeGrowth(series: Series): Readonly<Record<string, Growth>> {
  const [first, last, beforeLast] = [series[0], series.at(-1), series.at(-2)];
  if (first === undefined || last === undefined || beforeLast === undefined || first === last) return {};
  const names = Object.keys(last.figures).filter((name) => (first.figures[name] ?? 0) > 0);
  return Object.fromEntries(
    names.map((name) => {
      const of = (figures: Figures): number => figures[name] ?? Number.NaN;
      const doublings = Math.log2(last.size / first.size);
      const lastDoublings = Math.log2(last.size / beforeLast.size);
      return [
        name,
        {
          last: round((of(last.figures) / of(beforeLast.figures)) ** (1 / lastDoublings)),
          mean: round((of(last.figures) / of(first.figures)) ** (1 / doublings)),
        },
      ];
    }),
  );
}

/** Names of the figures that grow faster than the work, in the last doubling and all in all. */
export function listSteep(growth: Readonly<Record<string, Growth>>): readonly string[] {
  return Object.entries(growth)
    .filter(([, { last, mean }]) => last > LINEAR && mean > LINEAR)
    .map(([name]) => name);
}
