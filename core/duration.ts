/** Durations as authors write them: `'5m'`, `'1.5h'`, or a number of milliseconds. Pure. */
import ms from 'ms';
import { AirtempoError } from './errors.js';
import { showValue } from './outside-value.js';

/** `'250ms'`, `'30s'`, `'5m'`, `'2h'`, `'7d'`, or milliseconds as a number. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const TEXT = /^\d{1,12}(\.\d{1,6})?(ms|s|m|h|d)$/;
/** Ten years: longer is a mistake, and far beyond it Temporal's own durations overflow. */
const LONGEST_MS = 3_650 * 24 * 3_600_000;

/** Milliseconds of a duration, a whole number. `where` names the option in the error. Throws INVALID_OPTION. */
export function parseDuration(value: unknown, where: string): number {
  const parsed = typeof value === 'number' ? value : parseText(value);
  if (parsed === undefined || !Number.isFinite(parsed) || parsed < 0) {
    throw new AirtempoError(
      'INVALID_OPTION',
      `${where} is ${showValue(value)}, which is not a duration. ` +
        `Write "30s", "5m", "2h", "1d", or a number of milliseconds.`,
    );
  }
  if (parsed > LONGEST_MS) {
    throw new AirtempoError(
      'INVALID_OPTION',
      `${where} is ${showValue(value)}, longer than ten years. Use a shorter one, at most "3650d".`,
    );
  }
  return Math.round(parsed);
}

function parseText(value: unknown): number | undefined {
  if (typeof value !== 'string' || !TEXT.test(value)) return undefined;
  return ms(value as ms.StringValue); // the pattern above is a subset of what ms accepts
}
