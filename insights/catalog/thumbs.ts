/** Insight 10. */
import { amount, bars, days, lines } from '../charts/chart.js';
import type { Insight } from '../insight.js';
import { count, counted, num, percent, sum, text } from '../words.js';

export const thumbs: Insight = {
  number: 10,
  id: 'thumbs',
  title: 'Thumbs up and down',
  queries: [
    {
      file: '10-thumbs-by-week',
      needs: 'thumbs',
      charts: (rows) => [
        lines(rows, {
          title: 'Share of thumbs that point up, by week and level',
          x: days('week'),
          y: amount('ratio', 'share of ups', { format: '.0%', zero: false }),
          series: 'level',
          interpolate: 'linear',
          points: true,
        }),
      ],
      finding: (rows) => {
        const [up, down] = [sum(rows, 'up'), sum(rows, 'down')];
        if (up + down === 0) return undefined;
        return `${counted(up, 'thumb')} up and ${counted(down, 'thumb')} down: ${percent(up / (up + down))} point up.`;
      },
    },
    {
      file: '10-thumbs-by-user',
      needs: 'thumbs',
      charts: (rows) => [
        bars(
          rows.map((row) => ({
            ...row,
            name: `${String(Math.round(num(row, 'ratio_from') * 100))} to ${String(Math.round(num(row, 'ratio_below') * 100))} %`,
          })),
          {
            title: 'Users by their share of thumbs up',
            names: 'name',
            value: 'users',
            unit: 'users',
            format: ',d',
          },
        ),
      ],
      finding: (rows) => {
        const users = sum(rows, 'users');
        if (users === 0) return undefined;
        const critical = sum(
          rows.filter((row) => num(row, 'ratio_below') <= 0.55),
          'users',
        );
        return `Of ${counted(users, 'user')} who vote, ${percent(critical / users)} point down more often than up.`;
      },
    },
    {
      file: '10-thumbs-by-artist',
      needs: 'thumbs',
      finding: (rows) => {
        const [best, worst] = [rows[0], rows.at(-1)];
        if (best === undefined || worst === undefined || best === worst) return undefined;
        return (
          `Of ${counted(rows.length, 'artist')} with 20 thumbs or more, ${text(best, 'artist')} is liked most (${percent(num(best, 'ratio'))} up) ` +
          `and ${text(worst, 'artist')} least (${percent(num(worst, 'ratio'))}).`
        );
      },
    },
    {
      file: '10-disliked-songs',
      needs: 'thumbs',
      finding: (rows) => {
        const [worst] = rows;
        if (worst === undefined) return 'No song has 20 thumbs.';
        return (
          `“${text(worst, 'song')}” by ${text(worst, 'artist')} is disliked most: ${count(num(worst, 'down'))} of ` +
          `${counted(num(worst, 'up') + num(worst, 'down'), 'thumb')} point down.`
        );
      },
    },
  ],
};
