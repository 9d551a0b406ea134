/** The key figures at the head of the report. */
import type { QueryResult } from '../insight.js';
import { count, day, decimal, num, percent, text } from '../words.js';

export interface Figure {
  readonly value: string;
  readonly label: string;
}

/** Six figures; none where the data has no events of users. */
export function computeFigures({ rows }: QueryResult): readonly Figure[] {
  const [row] = rows;
  if (row === undefined || num(row, 'events') === 0) return [];
  const songs = num(row, 'songs');
  const users = num(row, 'users');
  return [
    { value: count(users), label: 'users' },
    { value: count(num(row, 'sessions')), label: 'sessions' },
    { value: count(songs), label: `songs by ${count(num(row, 'artists'))} artists` },
    { value: count(num(row, 'hours')), label: 'hours of music' },
    {
      value: songs === 0 ? '–' : percent(num(row, 'paid_songs') / songs),
      label: 'of the songs at level paid',
    },
    { value: percent(num(row, 'cancelled_users') / users), label: 'of the users cancelled' },
    { value: decimal(songs / users), label: 'songs per user' },
    { value: decimal(songs / Math.max(1, num(row, 'sessions'))), label: 'songs per session' },
  ];
}

/** `1 October to 1 December 2018`. */
export function describePeriod({ rows }: QueryResult): string {
  const [row] = rows;
  const [first, last] = [text(row, 'first_day'), text(row, 'last_day')];
  if (first === '' || last === '') return 'no events of users';
  return first === last ? day(first) : `${day(first)} to ${day(last)}`;
}
