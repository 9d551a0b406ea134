/** Insight 2. */
import { amount, days, lines } from '../charts/chart.js';
import type { Insight, Rows } from '../insight.js';
import { counted, decimal, list, num, sum, text } from '../words.js';

/** Sums over days, for one level. */
function describeLevel(rows: Rows, level: string): string | undefined {
  const own = rows.filter((row) => row['level'] === level);
  const sessions = sum(own, 'sessions');
  if (sessions === 0) return undefined;
  const songs = own.reduce((total, row) => total + num(row, 'sessions') * num(row, 'songs_per_session'), 0);
  return `${decimal(songs / sessions)} songs at level ${level}`;
}

export const sessions: Insight = {
  number: 2,
  id: 'sessions',
  title: 'Sessions',
  queries: [
    {
      file: '02-sessions',
      charts: (rows) => [
        lines(rows, {
          title: 'Sessions by day of their start and level',
          x: days(),
          y: amount('sessions', 'sessions'),
          series: 'level',
        }),
        lines(rows, {
          title: 'Median length of a session, by level',
          x: days(),
          y: amount('median_minutes', 'minutes'),
          series: 'level',
        }),
      ],
      finding: (rows) => {
        const all = sum(rows, 'sessions');
        if (all === 0) return undefined;
        const levels = [...new Set(rows.map((row) => text(row, 'level')))];
        const songs = levels.flatMap((level) => describeLevel(rows, level) ?? []);
        return `${counted(all, 'session')} in all. A session holds ${list(songs)} on average.`;
      },
    },
  ],
};
