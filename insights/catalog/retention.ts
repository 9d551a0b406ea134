/** Insight 8. */
import { amount, heat, lines } from '../charts/chart.js';
import type { Insight, Rows } from '../insight.js';
import { day, num, percent, sum, text } from '../words.js';

/** Share of all users for whom the week has passed. */
function shareInWeek(rows: Rows, week: number): number | undefined {
  const own = rows.filter((row) => row['week'] === week);
  const users = sum(own, 'users');
  return users === 0 ? undefined : sum(own, 'active') / users;
}

export const retention: Insight = {
  number: 8,
  id: 'retention',
  title: 'Retention and survival',
  queries: [
    {
      file: '08-retention',
      charts: (rows) => [
        heat(
          rows.map((row) => ({ ...row, from: day(text(row, 'cohort')).replace(/ \d{4}$/, '') })),
          {
            title: 'Share of a cohort that is active, by weeks since the first visit',
            x: {
              field: 'week',
              type: 'ordinal',
              axis: { title: 'weeks since the first visit', labelAngle: 0, ticks: false, domain: false },
            },
            y: {
              field: 'from',
              type: 'nominal',
              sort: { field: 'cohort', op: 'min' },
              axis: { title: null, ticks: false, domain: false },
            },
            value: 'share',
            format: '~%',
            rows: new Set(rows.map(({ cohort }) => cohort)).size,
          },
        ),
      ],
      finding: (rows) => {
        const weeks = [...new Set(rows.map((row) => num(row, 'week')))];
        const last = Math.max(...weeks);
        const [first, later] = [shareInWeek(rows, 1), shareInWeek(rows, last)];
        if (first === undefined || later === undefined || last < 2) return undefined;
        return `${percent(first)} of the users are active in the week after their first one, and ${percent(later)} in week ${String(last)}.`;
      },
    },
    {
      file: '08-survival',
      needs: 'cancellations',
      charts: (rows) => [
        lines(rows, {
          title: 'Share of users who have not cancelled, by days since they were first seen',
          x: {
            field: 'days',
            type: 'quantitative',
            axis: { title: 'days since the first event', grid: false, tickCount: 6 },
          },
          y: amount('survival', 'share of users', { format: '~%', zero: false }),
          band: ['low', 'high'],
          interpolate: 'step-after',
        }),
      ],
      finding: (rows) => {
        const month = rows.filter((row) => num(row, 'days') <= 30).at(-1);
        const last = rows.at(-1);
        if (month === undefined || last === undefined) return undefined;
        const end =
          num(last, 'days') > 30
            ? `, and ${percent(num(last, 'survival'))} after ${text(last, 'days')} days`
            : '';
        return (
          `An estimated ${percent(num(month, 'survival'))} of the users have not cancelled ${text(month, 'days')} days after they were first seen ` +
          `(95 % interval ${percent(num(month, 'low'))} to ${percent(num(month, 'high'))})${end}.`
        );
      },
    },
  ],
};
