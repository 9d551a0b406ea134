/** Insight 14. */
import { bars } from '../charts/chart.js';
import type { Insight } from '../insight.js';
import { num, percent, text } from '../words.js';

export const inactivity: Insight = {
  number: 14,
  id: 'inactivity',
  title: 'Silent users',
  queries: [
    {
      file: '14-inactivity',
      charts: (rows) => [
        bars(
          rows.flatMap((row) => [
            {
              days: `${text(row, 'days')} days`,
              what: 'users who fell silent',
              share: num(row, 'silent_share'),
            },
            {
              days: `${text(row, 'days')} days`,
              what: 'silences that ended',
              share: num(row, 'ended_share'),
            },
          ]),
          {
            title: 'Share of users who fell silent, and of silences that ended',
            names: 'days',
            value: 'share',
            unit: 'share',
            format: '.0%',
            series: 'what',
          },
        ),
      ],
      finding: (rows) => {
        const row = rows.find((each) => each['days'] === 14);
        if (row === undefined) return undefined;
        if (num(row, 'silences') === 0) return 'No user was silent for 14 days.';
        return (
          `${percent(num(row, 'silent_share'))} of the users were silent for 14 days or more, and ${percent(num(row, 'ended_share'))} of these silences ` +
          `ended: the rest is churn that nobody announced, or that is still to end.`
        );
      },
    },
  ],
};
