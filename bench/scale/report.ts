/** A measured series as a table with its growth and a verdict. */
import { round } from '../support/median.js';
import { computeGrowth, listSteep, type Series } from './growth.js';
import type { Figures } from './measure-work.js';

/** One kind of work at doubling sizes. */
export interface Measured {
  readonly title: string;
  readonly ours: Series;
  /** At the largest size; absent where there is none to compare with. */
  readonly limit?: { readonly size: number; readonly figures: Figures };
}

/** Prints what was measured: a figure a row, a size a column. */
export function printMeasured({ title, ours, limit }: Measured): void {
  const growth = computeGrowth(ours);
  const same = ours.find(({ size }) => size === limit?.size)?.figures;
  const names = Object.keys(ours.at(-1)?.figures ?? {});
  console.log(`\n${title}`);
  console.table(
    Object.fromEntries(
      names.map((name) => [
        name,
        {
          ...Object.fromEntries(
            ours.map(({ size, figures }) => [`${size.toLocaleString('en')} `, figures[name]]),
          ),
          'last doubling': growth[name]?.last,
          'a doubling': growth[name]?.mean,
          ...(limit === undefined
            ? {}
            : {
                [`by hand, ${limit.size.toLocaleString('en')}`]: limit.figures[name],
                '×': round((same?.[name] ?? Number.NaN) / (limit.figures[name] ?? Number.NaN)),
              }),
        },
      ]),
    ),
  );
  const steep = listSteep(growth);
  console.log(
    steep.length === 0 ? 'Nothing grows faster than the work.' : `Faster than the work: ${steep.join(', ')}.`,
  );
}
