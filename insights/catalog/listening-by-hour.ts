/** Insight 3. */
import { amount, heat, lines } from '../charts/chart.js';
import type { Insight, Rows } from '../insight.js';
import { counted, highest, lowest, num, percent, sum, weekday } from '../words.js';

function ofClock(rows: Rows, clock: string): Rows {
  return rows.filter((row) => row['clock'] === clock);
}

/** Songs by hour over all weekdays, or by weekday over all hours. */
function total(
  rows: Rows,
  by: 'hour' | 'weekday',
): readonly { readonly key: number; readonly songs: number }[] {
  const songs = new Map<number, number>();
  for (const row of rows) songs.set(num(row, by), (songs.get(num(row, by)) ?? 0) + num(row, 'songs'));
  return [...songs].map(([key, songs]) => ({ key, songs })).sort((a, b) => a.key - b.key);
}

function byHour(rows: Rows): Rows {
  return ['utc', 'local'].flatMap((clock) =>
    total(ofClock(rows, clock), 'hour').map(({ key, songs }) => ({
      clock: clock === 'utc' ? 'UTC' : "listener's clock",
      hour: key,
      songs,
    })),
  );
}

export const listeningByHour: Insight = {
  number: 3,
  id: 'listening-by-hour',
  title: 'When people listen',
  queries: [
    {
      file: '03-listening-by-hour',
      charts: (rows) => [
        lines(byHour(rows), {
          title: 'Songs by hour of the day, in UTC and by the listener’s clock',
          x: {
            field: 'hour',
            type: 'quantitative',
            scale: { domain: [0, 23], nice: false },
            axis: { title: 'hour', tickCount: 8, grid: false, format: 'd' },
          },
          y: amount('songs', 'songs'),
          series: 'clock',
        }),
        heat(
          ofClock(rows, 'local').map((row) => ({ ...row, name: weekday(num(row, 'weekday')).slice(0, 3) })),
          {
            title: 'Songs by weekday and hour, by the listener’s clock',
            x: {
              field: 'hour',
              type: 'ordinal',
              axis: { title: 'hour', labelAngle: 0, labelOverlap: true, ticks: false, domain: false },
            },
            y: {
              field: 'name',
              type: 'nominal',
              sort: [1, 2, 3, 4, 5, 6, 7].map((number) => weekday(number).slice(0, 3)),
              axis: { title: null, ticks: false, domain: false },
            },
            value: 'songs',
            format: '~s',
            rows: 7,
          },
        ),
      ],
      finding: (rows) => {
        const utc = ofClock(rows, 'utc');
        const local = ofClock(rows, 'local');
        const shown = local.length === 0 ? utc : local;
        const [peak, trough] = [
          highest(total(shown, 'hour'), 'songs'),
          lowest(total(shown, 'hour'), 'songs'),
        ];
        const [best, least] = [
          highest(total(shown, 'weekday'), 'songs'),
          lowest(total(shown, 'weekday'), 'songs'),
        ];
        if (peak === undefined || trough === undefined || best === undefined || least === undefined)
          return undefined;
        const clock = local.length === 0 ? 'UTC' : 'by the listener’s clock';
        return (
          `Listening peaks at ${String(peak.key)} h with ${counted(peak.songs, 'song')} and is lowest at ${String(trough.key)} h with ` +
          `${counted(trough.songs, 'song')} (${clock}). The strongest day is ${weekday(best.key)}, the weakest ${weekday(least.key)}. ` +
          `The clock is known for ${percent(sum(local, 'songs') / Math.max(1, sum(utc, 'songs')))} of the songs.`
        );
      },
    },
  ],
};
