/**
 * The input of a backfill: one JSON object, the same from the command line, `temporal`, `tctl` and the Web UI.
 * Pure: parses and checks what needs no DAG; workers/plan-backfill.ts checks the rest.
 */
import { AirtempoError } from './errors.js';
import { isCount, isRecord, showValue } from './outside-value.js';
import { parseInstant } from './run-facts.js';
import { suggest } from './suggest.js';

/** Which dates that already have a run are run again; Airflow's reprocess behaviour. Runs in flight never are. */
export const REPROCESS = ['none', 'failed', 'completed'] as const;
export type Reprocess = (typeof REPROCESS)[number];

/** A backfill as it was asked for, with the defaults filled in. */
export interface BackfillInput {
  readonly dagId: string;
  /** First and last logical date, both inclusive: a date or an instant, as written. */
  readonly from: string;
  readonly to: string;
  /** Default `none`. */
  readonly reprocess: Reprocess;
  /** How many runs at once; apart from the DAG's own limit. Default 10. */
  readonly maxActiveRuns: number;
  /** Newest first. Default false. */
  readonly reverse: boolean;
  /** Overrides of the DAG's params, for every run. */
  readonly conf?: Readonly<Record<string, unknown>>;
  /** Task ids, or regular expressions that match some. Default: all tasks. */
  readonly tasks?: readonly string[];
  /** Start nothing more once a run has failed. Default false. */
  readonly stopOnFailure: boolean;
  /** Only tell what would be done. Default false. */
  readonly dryRun: boolean;
}

const DEFAULT_MAX_ACTIVE_RUNS = 10;
/** Far below the 2,000 pending children that Temporal allows one workflow. */
const MOST_ACTIVE_RUNS = 500;

const KEYS = [
  'dagId',
  'from',
  'to',
  'reprocess',
  'maxActiveRuns',
  'reverse',
  'conf',
  'tasks',
  'stopOnFailure',
  'dryRun',
] as const satisfies readonly (keyof BackfillInput)[];

const EXAMPLE = '{"dagId":"awst_redshift_dag","from":"2018-11-01","to":"2018-11-30"}';

/** An error about a backfill that cannot be. */
export function invalidBackfill(problem: string, fix: string): AirtempoError {
  return new AirtempoError('INVALID_BACKFILL', `${problem} ${fix}`);
}

/** Reads the input of a backfill. Throws INVALID_BACKFILL with the key that is wrong. */
export function parseBackfillInput(input: unknown): BackfillInput {
  if (!isRecord(input)) {
    throw invalidBackfill(
      `The input of a backfill is ${showValue(input)}, not an object.`,
      `Give one JSON object such as ${EXAMPLE}.`,
    );
  }
  const unknown = Object.keys(input).find((key) => !(KEYS as readonly string[]).includes(key));
  if (unknown !== undefined) {
    const fix = `${suggest(unknown, KEYS)} Known keys: ${KEYS.join(', ')}.`.trimStart();
    throw invalidBackfill(`The input of a backfill has the unknown key ${showValue(unknown)}.`, fix);
  }
  const { conf } = input;
  const tasks = readTasks(input['tasks']);
  if (conf !== undefined && conf !== null && !isRecord(conf)) throw wrongKey('conf', conf, 'an object');
  return {
    dagId: readText('dagId', input['dagId']),
    from: readText('from', input['from']),
    to: readText('to', input['to']),
    reprocess: readReprocess(input['reprocess'] ?? 'none'),
    maxActiveRuns: readMaxActiveRuns(input['maxActiveRuns'] ?? DEFAULT_MAX_ACTIVE_RUNS),
    reverse: readFlag('reverse', input['reverse']),
    ...(isRecord(conf) ? { conf } : {}),
    ...(tasks === undefined ? {} : { tasks }),
    stopOnFailure: readFlag('stopOnFailure', input['stopOnFailure']),
    dryRun: readFlag('dryRun', input['dryRun']),
  };
}

function wrongKey(key: keyof BackfillInput, value: unknown, wanted: string): AirtempoError {
  const problem = value === undefined ? 'is missing' : `is ${showValue(value)}`;
  return invalidBackfill(
    `"${key}" of the backfill ${problem}.`,
    `It must be ${wanted}, for example in ${EXAMPLE}.`,
  );
}

function readText(key: 'dagId' | 'from' | 'to', value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  throw wrongKey(key, value, key === 'dagId' ? 'the id of a DAG' : 'a date such as "2018-11-01"');
}

function readFlag(key: 'reverse' | 'stopOnFailure' | 'dryRun', value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw wrongKey(key, value, 'true or false');
}

function readReprocess(value: unknown): Reprocess {
  const found = REPROCESS.find((known) => known === value);
  if (found !== undefined) return found;
  throw wrongKey('reprocess', value, `one of ${REPROCESS.join(', ')}`);
}

function readMaxActiveRuns(value: unknown): number {
  if (isCount(value) && value >= 1 && value <= MOST_ACTIVE_RUNS) return value;
  throw wrongKey('maxActiveRuns', value, `a whole number from 1 to ${String(MOST_ACTIVE_RUNS)}`);
}

function readTasks(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const isList = Array.isArray(value) && value.length > 0;
  if (isList && value.every((item): item is string => typeof item === 'string' && item !== '')) return value;
  throw wrongKey('tasks', value, 'a list of task ids or regular expressions');
}

/** A span of logical dates, both ends inclusive. */
export interface DateRange {
  readonly from: Date;
  readonly to: Date;
}

const BARE_DATE = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 24 * 3_600_000;

/**
 * The range that the two texts mean, in the DAG's zone unless they name another. A date without a time is that
 * whole day: `from` its first instant, `to` its last. Throws INVALID_BACKFILL.
 */
export function parseDateRange(from: string, to: string, timezone: string): DateRange {
  const range = { from: parseEnd('from', from, timezone), to: parseEnd('to', to, timezone) };
  if (range.from <= range.to) return range;
  throw invalidBackfill(
    `The backfill goes from ${from} to ${to}: its end is before its beginning.`,
    'Swap "from" and "to"; for newest first, set "reverse".',
  );
}

function parseEnd(key: 'from' | 'to', text: string, timezone: string): Date {
  try {
    if (key === 'from' || !BARE_DATE.test(text)) return parseInstant(text, timezone);
    const nextDay = new Date(parseInstant(text).getTime() + DAY_MS).toISOString().slice(0, 10);
    return new Date(parseInstant(nextDay, timezone).getTime() - 1);
  } catch {
    throw wrongKey(key, text, 'a date such as "2018-11-01", or an instant such as "2018-11-01T02:00:00Z"');
  }
}
