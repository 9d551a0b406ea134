/** Insight 11. */
import { bars, intervals } from '../charts/chart.js';
import type { Insight } from '../insight.js';
import { areApart, decimal, num, percent, sum, text } from '../words.js';

export const social: Insight = {
  number: 11,
  id: 'social',
  title: 'Friends and playlists',
  queries: [
    {
      file: '11-social',
      needs: 'friends and playlists',
      charts: (rows) => [
        bars(rows, {
          title: 'Friends and playlist entries per 100 songs, by level',
          names: 'action',
          value: 'per_100_songs',
          unit: 'per 100 songs',
          format: '.2f',
          series: 'level',
        }),
      ],
      finding: (rows) => {
        if (sum(rows, 'events') === 0) return undefined;
        const parts = rows.map(
          (row) =>
            `${text(row, 'action')} at level ${text(row, 'level')}: ${num(row, 'per_100_songs').toFixed(2)} per 100 songs, by ${percent(num(row, 'share_ever'))} of the users`,
        );
        return `${parts.join('; ')}.`;
      },
    },
    {
      file: '11-social-response',
      needs: 'friends and playlists',
      charts: (rows) => [
        intervals(
          rows.map((row) => ({
            ...row,
            name: `${decimal(num(row, 'lowest_rate'))} to ${decimal(num(row, 'highest_rate'))} per 100 songs`,
          })),
          {
            title:
              'Share who cancel in the last 14 days, by friends and playlist entries in the 14 days before',
            names: 'name',
          },
        ),
      ],
      finding: (rows) => {
        const [first, last] = [rows[0], rows.at(-1)];
        if (first === undefined || last === undefined || first === last) return undefined;
        return (
          `${percent(num(first, 'share'))} of the least social users cancel within 14 days, ${percent(num(last, 'share'))} of the most social: ` +
          (areApart(first, last) ? 'more than chance.' : 'no difference that chance would not explain.')
        );
      },
    },
  ],
};
