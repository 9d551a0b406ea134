/** Insight 13. */
import { amount, days, lines } from '../charts/chart.js';
import type { Insight, Rows } from '../insight.js';
import { count, counted, num, percent, sum } from '../words.js';

const ofLevel = (rows: Rows, level: string): Rows => rows.filter((row) => row['level'] === level);

function switches(rows: Rows, from: string, to: string): string {
  const row = rows.find((each) => each['from_level'] === from && each['to_level'] === to);
  return `${count(num(row, 'switches'))} times from ${from} to ${to}`;
}

export const levels: Insight = {
  number: 13,
  id: 'levels',
  title: 'Free and paid',
  queries: [
    {
      file: '13-level-mix',
      charts: (rows) => [
        lines(rows, {
          title: 'Users by day and level',
          x: days(),
          y: amount('users', 'users'),
          series: 'level',
        }),
        lines(rows, {
          title: 'Hours of music by day and level',
          x: days(),
          y: amount('hours', 'hours'),
          series: 'level',
        }),
      ],
      finding: (rows) => {
        const songs = sum(rows, 'songs');
        if (songs === 0) return undefined;
        const paid = ofLevel(rows, 'paid');
        return (
          `${percent(sum(paid, 'songs') / songs)} of the songs are played at level paid, by ` +
          `${percent(sum(paid, 'users') / sum(rows, 'users'))} of an average day's users.`
        );
      },
    },
    {
      file: '13-level-switches',
      finding: (rows) => {
        if (rows.length === 0) return undefined;
        const constant = rows.filter((row) => row['from_level'] === row['to_level']);
        return `Users switched ${switches(rows, 'free', 'paid')} and ${switches(rows, 'paid', 'free')}; ${counted(sum(constant, 'users'), 'user')} never did.`;
      },
    },
  ],
};
