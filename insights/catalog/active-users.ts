/** Insight 1. */
import { amount, days, fold, lines } from '../charts/chart.js';
import type { Insight, Rows } from '../insight.js';
import { counted, day, highest, num, percent, sum, text } from '../words.js';

/** Before the thirtieth day a month's users are not complete; of less than that, what there is. */
function fullMonths(rows: Rows): Rows {
  return rows.length < 40 ? rows : rows.slice(29);
}

export const activeUsers: Insight = {
  number: 1,
  id: 'active-users',
  title: 'Active users',
  queries: [
    {
      file: '01-active-users',
      charts: (rows) => [
        lines(
          fold(rows, ['day'], { daily_users: 'daily', weekly_users: 'weekly', monthly_users: 'monthly' }),
          {
            title: 'Active users by day, over one, seven and thirty days',
            x: days(),
            y: amount('value', 'users'),
            series: 'name',
          },
        ),
        lines(fullMonths(rows), {
          title: 'Stickiness: daily users as a share of the users of thirty days',
          x: days(),
          y: amount('stickiness', 'daily ÷ monthly', { format: '.0%' }),
        }),
      ],
      finding: (rows) => {
        const last = rows.at(-1);
        const best = highest(rows, 'daily_users');
        if (last === undefined || best === undefined) return undefined;
        const full = fullMonths(rows);
        const mean = sum(rows, 'daily_users') / rows.length;
        return (
          `${counted(mean, 'user')} a day on average, with a peak of ${counted(num(best, 'daily_users'), 'user')} on ` +
          `${day(text(best, 'day'))}. In the thirty days to the end there were ${counted(num(last, 'monthly_users'), 'user')}; ` +
          `on an average day ${percent(sum(full, 'stickiness') / full.length)} of the month's users come.`
        );
      },
    },
  ],
};
