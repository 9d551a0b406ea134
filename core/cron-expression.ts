/**
 * Cron expressions as text: presets, fields, and what is wrong with one, in words. It does not say when an
 * expression fires; that is `ticks.ts`.
 */
import { Cron } from 'croner';
import { AirtempoError } from './errors.js';
import { messageOf, showValue } from './outside-value.js';
import { suggest } from './suggest.js';

/** Airflow's names for common expressions (`airflow.utils.dates.cron_presets`), and cron's own two synonyms. */
const PRESETS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '@hourly': '0 * * * *',
    '@daily': '0 0 * * *',
    '@midnight': '0 0 * * *',
    '@weekly': '0 0 * * 0',
    '@monthly': '0 0 1 * *',
    '@quarterly': '0 0 1 */3 *',
    '@yearly': '0 0 1 1 *',
    '@annually': '0 0 1 1 *',
  }),
);

/** Presets of Airflow that are no cron, with what to write instead. */
const NO_CRON: Readonly<Record<string, string>> = {
  '@once': 'Write schedule: once().',
  '@continuous': 'Write schedule: continuous().',
  '@none': 'Write schedule: null.',
};

const FIX = 'Write five fields (minute hour day month weekday), such as "0 2 * * *", or "@daily".';

/** The fields of a checked expression, each as written; `second` is `0` when there are five. */
export interface CronFields {
  readonly second: string;
  readonly minute: string;
  readonly hour: string;
  readonly day: string;
  readonly month: string;
  readonly weekday: string;
}

/** Fields of an expression, presets resolved. Only for expressions that `checkCron` has passed. */
export function parseCronFields(expression: string): CronFields {
  return nameFields(splitFields(expression));
}

function nameFields(fields: readonly string[]): CronFields {
  const [second = '0', minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] =
    fields.length === 5 ? ['0', ...fields] : fields;
  return { second, minute, hour, day, month, weekday };
}

function splitFields(expression: string): readonly string[] {
  return (PRESETS.get(expression.toLowerCase()) ?? expression).trim().split(/\s+/);
}

/** croner's own matcher of an expression; its next and previous runs are in `timezone`. */
export function createMatcher(expression: string, timezone: string): Cron {
  const pattern = splitFields(expression).join(' ');
  return new Cron(pattern, { timezone, mode: '5-or-6-parts', paused: true });
}

/** Throws INVALID_SCHEDULE, naming the place and the reason, unless this is an expression that has a tick to come. */
export function checkCron(expression: unknown, where: string): asserts expression is string {
  if (typeof expression !== 'string') {
    throw invalidSchedule(where, `has the expression ${showValue(expression)}, not cron fields`, FIX);
  }
  if (expression.startsWith('@')) checkPreset(expression, where);
  checkFields(splitFields(expression), where);
  let next: Date | null;
  try {
    next = createMatcher(expression, 'UTC').nextRun(new Date(0));
  } catch (cause) {
    const reason = messageOf(cause).replace(/^CronPattern: |\.$/g, '');
    throw invalidSchedule(where, `is not valid: ${reason}`, FIX, cause);
  }
  if (next !== null) return;
  throw invalidSchedule(where, 'never fires', 'Check the day and the month: there is no such date.');
}

function checkPreset(expression: string, where: string): void {
  const preset = expression.toLowerCase();
  if (PRESETS.has(preset)) return;
  const instead = NO_CRON[preset];
  if (instead !== undefined) throw invalidSchedule(where, 'is no cron expression', instead);
  const known = [...PRESETS.keys()];
  throw invalidSchedule(
    where,
    'is an unknown preset',
    `${suggest(preset, known)} Known presets: ${known.join(', ')}.`.trimStart(),
  );
}

const RANGES = [
  ['second', 0, 59],
  ['minute', 0, 59],
  ['hour', 0, 23],
  ['day', 1, 31],
  ['month', 1, 12],
  ['weekday', 0, 7],
] as const satisfies readonly (readonly [keyof CronFields, number, number])[];

/** What croner would say less clearly, and what it takes but Airflow's croniter does not. */
function checkFields(fields: readonly string[], where: string): void {
  if (fields.length < 5 || fields.length > 6) {
    const count = fields[0] === '' ? 'no' : String(fields.length);
    throw invalidSchedule(where, `is not valid: it has ${count} field${count === '1' ? '' : 's'}`, FIX);
  }
  const named = nameFields(fields);
  for (const [name, lowest, highest] of RANGES) {
    const field = named[name];
    if (/[+]|\dW|W\d/i.test(field)) {
      throw invalidSchedule(
        where,
        `is not valid: the ${name} ${showValue(field)} is not Airflow's cron`,
        FIX,
      );
    }
    const wrong = numbersOf(field).find((number) => number < lowest || number > highest);
    if (wrong === undefined) continue;
    const problem = `is not valid: the ${name} ${String(wrong)} is not between ${String(lowest)} and ${String(highest)}`;
    throw invalidSchedule(where, problem, FIX);
  }
}

/** The values in a field, without the steps after `/` and the ordinals after `#`. */
function numbersOf(field: string): readonly number[] {
  return field
    .split(',')
    .flatMap((part) => part.replace(/[/#].*$/, '').split('-'))
    .filter((text) => /^\d+$/.test(text))
    .map(Number);
}

/**
 * Whether the hour does not matter. Such expressions follow real time when clocks change; others follow the
 * clock on the wall (Airflow's `_covers_every_hour`).
 */
export function coversEveryHour(expression: string): boolean {
  return /^([*?]|\*\/1|0-23)$/.test(parseCronFields(expression).hour);
}

/** An error about a schedule: the place, what is wrong, and the fix. */
export function invalidSchedule(where: string, problem: string, fix: string, cause?: unknown): AirtempoError {
  return new AirtempoError('INVALID_SCHEDULE', `${where} ${problem}. ${fix}`, { cause });
}
