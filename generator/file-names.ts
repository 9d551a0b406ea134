/** Where the events of a day go, below the output. Pure. */
import { DAY_MS, type Shape } from './spec.js';

/** `2018/10/2018-10-01-events.json`; below `log_data/` in the log shape. `day` counts from 1970. */
export function nameOfDay(shape: Shape, day: number): string {
  const date = formatDate(day * DAY_MS);
  return `${shape === 'log' ? 'log_data/' : ''}${date.slice(0, 4)}/${date.slice(5, 7)}/${date}-events.json`;
}

export function formatDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
