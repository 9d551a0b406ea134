/** Insight 9. */
import { amount, days, intervals, lines } from '../charts/chart.js';
import type { Insight, Rows } from '../insight.js';
import { areApart, counted, decimal, num, percent, sum } from '../words.js';

/** One row for each outcome of a fifth: what a chart of two series needs. */
function byOutcome(rows: Rows): Rows {
  return rows.flatMap((row) =>
    (['cancel', 'upgrade'] as const).map((outcome) => ({
      name: `${decimal(num(row, 'lowest_rate'))} to ${decimal(num(row, 'highest_rate'))} adverts`,
      outcome: outcome === 'cancel' ? 'cancelled' : 'upgraded',
      share: row[`${outcome}_share`] ?? null,
      low: row[`${outcome}_low`] ?? null,
      high: row[`${outcome}_high`] ?? null,
    })),
  );
}

export const adverts: Insight = {
  number: 9,
  id: 'adverts',
  title: 'Adverts',
  queries: [
    {
      file: '09-advert-exposure',
      needs: 'adverts',
      charts: (rows) => [
        lines(rows, {
          title: 'Adverts per 1,000 songs at level free',
          x: days(),
          y: amount('per_1000_songs', 'adverts per 1,000 songs'),
        }),
      ],
      finding: (rows) => {
        const [adverts, songs, hours] = ['adverts', 'songs', 'hours'].map((column) => sum(rows, column));
        if (adverts === undefined || !songs || !hours) return undefined;
        return (
          `${counted(adverts, 'advert')} at level free: ${decimal((1000 * adverts) / songs)} per 1,000 songs, ` +
          `or ${decimal(adverts / hours)} in an hour of music.`
        );
      },
    },
    {
      file: '09-advert-response',
      needs: 'adverts',
      charts: (rows) => [
        intervals(byOutcome(rows), {
          title:
            'Share who cancel and who upgrade in the last 14 days, by adverts per 1,000 songs in the 14 days before',
          names: 'name',
          series: 'outcome',
        }),
      ],
      finding: (rows) => {
        const [first, last] = [rows[0], rows.at(-1)];
        if (first === undefined || last === undefined || first === last) return undefined;
        const isMore = areApart(first, last, 'cancel_low', 'cancel_high');
        return (
          `Of the users with fewest adverts ${percent(num(first, 'cancel_share'))} cancel within 14 days, of those with most ` +
          `${percent(num(last, 'cancel_share'))} (${counted(num(last, 'users'), 'user')} in that group): ` +
          (isMore ? 'more than chance.' : 'no difference that chance would not explain.') +
          ` Upgrades: ${percent(num(first, 'upgrade_share'))} against ${percent(num(last, 'upgrade_share'))}.`
        );
      },
    },
  ],
};
