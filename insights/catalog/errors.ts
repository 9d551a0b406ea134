/** Insight 12. */
import { amount, days, fold, intervals, lines } from '../charts/chart.js';
import type { Insight } from '../insight.js';
import { areApart, counted, decimal, day, list, num, percent, sum, text } from '../words.js';

const MOST_DAYS = 5;

export const errors: Insight = {
  number: 12,
  id: 'errors',
  title: 'Errors and help',
  queries: [
    {
      file: '12-errors-and-help',
      charts: (rows) => [
        lines(fold(rows, ['day'], { errors_per_1000: 'errors', errors_limit: 'alarm above' }), {
          title: 'Errors per 1,000 events, and the limit of the alarm',
          x: days(),
          y: amount('value', 'per 1,000 events'),
          series: 'name',
        }),
        lines(fold(rows, ['day'], { helps_per_1000: 'help', helps_limit: 'alarm above' }), {
          title: 'Help per 1,000 songs, and the limit of the alarm',
          x: days(),
          y: amount('value', 'per 1,000 songs'),
          series: 'name',
        }),
      ],
      finding: (rows) => {
        const requests = sum(rows, 'requests');
        if (requests === 0) return undefined;
        const alarms = rows.filter((row) => num(row, 'errors_alarm') + num(row, 'helps_alarm') > 0);
        const named = alarms.slice(0, MOST_DAYS).map((row) => day(text(row, 'day')));
        const more = alarms.length > MOST_DAYS ? [`${String(alarms.length - MOST_DAYS)} more`] : [];
        return (
          `${decimal((1000 * sum(rows, 'errors')) / requests)} errors per 1,000 events, and ` +
          `${decimal((1000 * sum(rows, 'helps')) / Math.max(1, sum(rows, 'songs')))} calls for help per 1,000 songs. ` +
          (alarms.length === 0
            ? 'No day stands out.'
            : `${counted(alarms.length, 'day')} raised an alarm: ${list([...named, ...more])}.`)
        );
      },
    },
    {
      file: '12-cancel-after-error',
      needs: 'cancellations',
      charts: (rows) => [
        intervals(rows, {
          title: 'Share of user days that are followed by a cancellation within 24 hours',
          names: 'days',
        }),
      ],
      finding: (rows) => {
        const [with_, without] = rows;
        if (with_ === undefined || without === undefined) return undefined;
        return (
          `After a day with an error ${percent(num(with_, 'share'))} cancel within 24 hours, after one without ${percent(num(without, 'share'))}: ` +
          (areApart(with_, without) ? 'more than chance.' : 'no difference that chance would not explain.')
        );
      },
    },
  ],
};
