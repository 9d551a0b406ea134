/** Insight 4. */
import { amount, bars, lines } from '../charts/chart.js';
import type { Insight, Rows } from '../insight.js';
import { counted, percent, num, text } from '../words.js';

const SHOWN = 15;
const LONGEST_NAME = 30;

function shorten(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
}

/** Names that are equal once shortened would share a bar. */
function firstOnes(rows: Rows, nameOf: (row: Rows[number]) => string): Rows {
  const seen = new Set<string>();
  return rows.slice(0, SHOWN).map((row) => {
    let name = shorten(nameOf(row));
    while (seen.has(name)) name += ' ';
    seen.add(name);
    return { ...row, name };
  });
}

function describeRise(rows: Rows): string {
  const risen = rows
    .filter((row) => num(row, 'places_gained') > 0)
    .sort((a, b) => num(b, 'places_gained') - num(a, 'places_gained'))[0];
  if (risen === undefined) return '';
  const name = text(risen, 'song') === '' ? text(risen, 'artist') : `“${text(risen, 'song')}”`;
  return ` ${name} rose most, from place ${text(risen, 'previous_place')} to ${text(risen, 'place')}.`;
}

export const topMusic: Insight = {
  number: 4,
  id: 'top-music',
  title: 'Top artists and songs',
  queries: [
    {
      file: '04-top-artists',
      charts: (rows) => [
        bars(
          firstOnes(rows, (row) => text(row, 'artist')),
          {
            title: 'The fifteen artists with most plays in the last thirty days',
            names: 'name',
            value: 'plays',
            unit: 'plays',
            format: ',d',
          },
        ),
      ],
      finding: (rows) => {
        const [first] = rows;
        if (first === undefined) return undefined;
        return (
          `${text(first, 'artist')} leads with ${counted(num(first, 'plays'), 'play')} by ${counted(num(first, 'listeners'), 'listener')}, ` +
          `${percent(num(first, 'share'))} of all plays.${describeRise(rows)}`
        );
      },
    },
    {
      file: '04-top-songs',
      charts: (rows) => [
        bars(
          firstOnes(rows, (row) => `${text(row, 'song')} · ${text(row, 'artist')}`),
          {
            title: 'The fifteen songs with most plays in the last thirty days',
            names: 'name',
            value: 'plays',
            unit: 'plays',
            format: ',d',
          },
        ),
      ],
      finding: (rows) => {
        const [first] = rows;
        if (first === undefined) return undefined;
        return (
          `“${text(first, 'song')}” by ${text(first, 'artist')} leads with ${counted(num(first, 'plays'), 'play')}, ` +
          `${percent(num(first, 'share'))} of all plays.${describeRise(rows)}`
        );
      },
    },
    {
      file: '04-concentration',
      charts: (rows) => [
        lines(rows, {
          title: 'Share of plays that goes to the most played artists and songs',
          x: {
            field: 'top_percent',
            type: 'quantitative',
            axis: { title: 'the most played, in per cent', grid: false, tickCount: 5 },
          },
          y: amount('share', 'share of plays', { format: '.0%' }),
          series: 'kind',
          interpolate: 'linear',
          points: true,
        }),
      ],
      finding: (rows) => {
        const [artists, songs] = ['artists', 'songs'].map((kind) =>
          rows.find((row) => row['kind'] === kind && row['top_percent'] === 1),
        );
        if (artists === undefined || songs === undefined) return undefined;
        return (
          `The top 1 % of artists (${counted(num(artists, 'items'), 'artist')}) get ${percent(num(artists, 'share'))} of the plays, ` +
          `the top 1 % of songs (${counted(num(songs, 'items'), 'song')}) ${percent(num(songs, 'share'))}.`
        );
      },
    },
  ],
};
