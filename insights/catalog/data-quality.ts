/** Insight 15. */
import { heat } from '../charts/chart.js';
import type { Insight } from '../insight.js';
import { count, counted, list, num, percent, text } from '../words.js';

const COLUMNS = {
  no_user: 'user',
  no_location: 'location',
  no_user_agent: 'user agent',
  no_gender: 'gender',
  no_registration: 'registration',
  no_artist: 'artist',
  no_song: 'song',
  no_length: 'length',
} as const;

export const dataQuality: Insight = {
  number: 15,
  id: 'data-quality',
  title: 'Data quality',
  queries: [
    {
      file: '15-data-quality',
      finding: (rows) => {
        const [all, ...checks] = rows;
        if (num(all, 'found') === 0) return 'There are no rows.';
        const found = checks.filter((row) => num(row, 'found') > 0);
        const parts = found.map(
          (row) => `${count(num(row, 'found'))} ${text(row, 'what')} (${percent(num(row, 'share'))})`,
        );
        return `${counted(num(all, 'found'), 'row')}, with ${parts.length === 0 ? 'nothing to complain of' : list(parts)}.`;
      },
    },
    {
      file: '15-nulls-by-page',
      finding: (rows) => {
        const song = rows.find((row) => row['page'] === 'NextSong');
        if (song === undefined) return undefined;
        const lacking = Object.entries(COLUMNS).filter(([column]) => num(song, column) > 0);
        const words = lacking.map(([column, name]) => `${name} (${percent(num(song, column))})`);
        return `Songs have ${words.length === 0 ? 'all their values' : `no ${list(words)}`}; what other pages lack is shown below.`;
      },
      charts: (rows) => [
        heat(
          rows.flatMap((row) =>
            Object.entries(COLUMNS).map(([column, name]) => ({
              page: text(row, 'page'),
              column: name,
              share: row[column] ?? null,
            })),
          ),
          {
            title: 'Share of rows without a value, by page and column',
            x: {
              field: 'column',
              type: 'nominal',
              sort: Object.values(COLUMNS),
              axis: { title: null, labelAngle: -40, ticks: false, domain: false, orient: 'top' },
            },
            y: {
              field: 'page',
              type: 'nominal',
              axis: { title: null, ticks: false, domain: false },
            },
            value: 'share',
            format: '~%',
            rows: rows.length,
          },
        ),
      ],
    },
    {
      file: '15-late-events',
      finding: (rows) => {
        const late = rows.slice(1).filter((row) => num(row, 'events') > 0);
        if (rows.every((row) => num(row, 'events') === 0)) return undefined;
        if (late.length === 0) return 'Within each session the times follow the order of the items.';
        return `Out of order: ${list(late.map((row) => `${counted(num(row, 'events'), 'event')} by ${text(row, 'lag_band')}`))}.`;
      },
    },
  ],
};
