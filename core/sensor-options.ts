/** Options that only sensors have: how often they look, and for how long. Their defaults are Airflow's. Pure. */
import { parseDuration, type Duration } from './duration.js';
import type { PokeOptions } from './graph.js';
import { invalidOption } from './option-checks.js';
import { showValue } from './outside-value.js';

/** What may be said of a sensor, besides the options of every task; Airflow's BaseSensorOperator has the same. */
export interface SensorTaskOptions {
  /** Sensors: from one poke to the next. Default `'60s'`. */
  readonly pokeInterval?: Duration;
  /** Sensors: factor by which that time grows from poke to poke. Default 1: constant. */
  readonly pokeBackoff?: number;
  /** Sensors: upper bound of that time as it grows. Default: none. */
  readonly maxPokeInterval?: Duration;
  /** Sensors: how long to wait in all, from the first poke on; then the task fails, without retry. Default `'7d'`. */
  readonly timeout?: Duration;
  /** Sensors: whether a time-out or failure skips the task instead of failing it. Default false. */
  readonly softFail?: boolean;
}

/** The keys of these options. */
export const SENSOR_OPTIONS = [
  'pokeInterval',
  'pokeBackoff',
  'maxPokeInterval',
  'timeout',
  'softFail',
] as const satisfies readonly (keyof SensorTaskOptions)[];

const DEFAULT_POKE_INTERVAL_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 7 * 24 * 3_600_000;

/** Checks the options where they are written. Throws INVALID_OPTION. */
export function checkSensorOptions(options: SensorTaskOptions, where: string): void {
  for (const key of ['pokeInterval', 'maxPokeInterval', 'timeout'] as const) {
    const value = options[key];
    if (value === undefined || parseDuration(value, `${where}: option ${key}`) > 0) continue;
    throw invalidOption(where, key, `is ${showValue(value)}`, 'Use a duration above zero, such as "60s".');
  }
  const { pokeBackoff, softFail } = options;
  const isFactor = typeof pokeBackoff === 'number' && pokeBackoff >= 1 && pokeBackoff <= 10;
  if (pokeBackoff !== undefined && !isFactor) {
    throw invalidOption(where, 'pokeBackoff', `is ${showValue(pokeBackoff)}`, 'Use 1 to 10.');
  }
  if (softFail !== undefined && typeof softFail !== 'boolean') {
    throw invalidOption(where, 'softFail', `is ${showValue(softFail)}`, 'Use true or false.');
  }
}

/** Throws INVALID_OPTION for a task that is no sensor and has such an option of its own. */
export function refuseSensorOptions(options: SensorTaskOptions, operatorName: string, where: string): void {
  const key = SENSOR_OPTIONS.find((key) => options[key] !== undefined);
  if (key === undefined) return;
  const fix = key === 'timeout' ? 'Use executionTimeout, or a sensor.' : 'Leave it out, or use a sensor.';
  throw invalidOption(where, key, `is for sensors, and ${operatorName} is none`, fix);
}

/** Checked options in the form that the engine reads, with the defaults filled in. */
export function computePokeOptions(
  options: SensorTaskOptions,
  { onCancel }: { readonly onCancel?: unknown },
  where: string,
): PokeOptions {
  const parse = (key: 'pokeInterval' | 'maxPokeInterval' | 'timeout', fallback: Duration): number =>
    parseDuration(options[key] ?? fallback, `${where}: option ${key}`);
  const { maxPokeInterval } = options;
  return Object.freeze({
    intervalMs: parse('pokeInterval', DEFAULT_POKE_INTERVAL_MS),
    backoff: options.pokeBackoff ?? 1,
    ...(maxPokeInterval === undefined ? {} : { maxIntervalMs: parse('maxPokeInterval', maxPokeInterval) }),
    timeoutMs: parse('timeout', DEFAULT_TIMEOUT_MS),
    ...(options.softFail === true ? { softFail: true } : {}),
    ...(onCancel === undefined ? {} : { hasOnCancel: true }),
  });
}
