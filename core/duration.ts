/** Durations as authors write them: `'5m'`, `'1.5h'`, or a number of milliseconds. Pure. */
import ms from 'ms';
import { AirtempoError } from './errors.js';

/** `'250ms'`, `'30s'`, `'5m'`, `'2h'`, `'7d'`, or milliseconds as a number. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

/** Milliseconds of a duration. `where` names the option in the error. */
export function parseDuration(value: unknown, where: string): number {
  const parsed = typeof value === 'number' ? value : parseText(value);
  if (parsed === undefined || !Number.isFinite(parsed) || parsed < 0) {
    throw new AirtempoError(
      'INVALID_OPTION',
      `${where} is ${JSON.stringify(value)}, which is not a duration. ` +
        `Write "30s", "5m", "2h", "1d", or a number of milliseconds.`,
    );
  }
  return Math.round(parsed);
}

function parseText(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(value)) return undefined;
  return ms(value as ms.StringValue); // the pattern above is a subset of what ms accepts
}
