/** How far generating has come: rows, rows a second, and when it will be done. */
import type { WriteProgress } from '../../generator/write-data.js';
import { formatDuration } from '../output.js';

/** `1,234,567 events, 61 %, 180,000/s, 12.3 s left` */
export function describeRows(elapsedMs: number, { rows, share }: WriteProgress): string {
  const rate = Math.round((rows / elapsedMs) * 1000).toLocaleString('en-US');
  const left = share > 0 ? `, ${formatDuration((elapsedMs / share) * (1 - share))} left` : '';
  return `${rows.toLocaleString('en-US')} events, ${Math.floor(share * 100)} %, ${rate}/s${left}`;
}
