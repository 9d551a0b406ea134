/** The facts of a run as JSON, and the context that task code sees, with Airflow's date formats. Pure. */
import type { RunContext, RunType } from './context.js';
import { AirtempoError } from './errors.js';
import { isRecord, showValue } from './outside-value.js';
import { suggest } from './suggest.js';
import { fromWallClock } from './wall-clock.js';

/** What a run records about itself at its start. Instants are ISO 8601, UTC. */
export interface RunFacts {
  readonly dagId: string;
  readonly runId: string;
  readonly runType: RunType;
  readonly logicalDate: string;
  readonly dataInterval: readonly [start: string, end: string];
  readonly conf: Readonly<Record<string, unknown>>;
  readonly params: unknown;
}

/** The one optional argument of a run, however it was started. */
export interface RunInput {
  /** Overrides of the DAG's params. */
  readonly conf?: Readonly<Record<string, unknown>>;
  /** The date this run stands for: `2018-11-02` or an ISO instant; without a zone it is UTC. */
  readonly logicalDate?: string;
}

const RUN_INPUT_EXAMPLE = '{"logicalDate":"2018-11-02","conf":{"mode":"day"}}';
const RUN_INPUT_KEYS = ['conf', 'logicalDate'];

/** Reads a run's input as it comes from the Web UI, `temporal`, `tctl` or a schedule. Throws INVALID_RUN_INPUT. */
export function parseRunInput(input: unknown): RunInput {
  if (input === undefined || input === null) return {};
  if (!isRecord(input)) throw invalidInput(`is ${showValue(input)}, not an object`);
  const unknown = Object.keys(input).find((key) => !RUN_INPUT_KEYS.includes(key));
  if (unknown !== undefined) {
    throw invalidInput(`has the unknown key ${showValue(unknown)}`, suggest(unknown, RUN_INPUT_KEYS));
  }
  const { conf, logicalDate } = input;
  if (conf !== undefined && !isRecord(conf)) {
    throw invalidInput(`has the "conf" ${showValue(conf)}, which is not an object`);
  }
  return {
    ...(conf === undefined ? {} : { conf }),
    ...(logicalDate === undefined ? {} : { logicalDate: parseInstant(logicalDate).toISOString() }),
  };
}

function invalidInput(problem: string, hint = ''): AirtempoError {
  return new AirtempoError(
    'INVALID_RUN_INPUT',
    `The run's input ${problem}.${hint} Give nothing, or one JSON object such as ${RUN_INPUT_EXAMPLE}.`,
  );
}

const INSTANT =
  /^(?!0000)\d{4}-\d{2}-\d{2}(T([01]\d|2[0-3]):\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-](0\d|1[0-4]):?\d{2})?)?$/;

/**
 * Parses `2018-11-02`, `2018-11-02T02:00` (both in `timezone`) or an ISO instant with an offset, to the
 * millisecond. Throws INVALID_RUN_INPUT.
 */
export function parseInstant(text: unknown, timezone = 'UTC'): Date {
  const date = typeof text === 'string' && INSTANT.test(text) ? new Date(inUtc(text)) : undefined;
  if (date !== undefined && !Number.isNaN(date.getTime()) && dayExists(String(text))) {
    return timezone === 'UTC' || hasZone(String(text)) ? date : fromWallClock(date, timezone);
  }
  throw new AirtempoError(
    'INVALID_RUN_INPUT',
    `${showValue(text)} is not a date. Write "2018-11-02" or "2018-11-02T02:00:00Z".`,
  );
}

/** A time without a zone is UTC; JavaScript would take the zone of the machine. */
function inUtc(text: string): string {
  return text.length > 10 && !hasZone(text) ? `${text}Z` : text;
}

function hasZone(text: string): boolean {
  return /(Z|[+-]\d{2}:?\d{2})$/.test(text);
}

/** `new Date('2018-02-30')` rolls over to March; a calendar does not. */
function dayExists(text: string): boolean {
  const day = text.slice(0, 10);
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

/** Airflow's `ts`: `2018-11-02T00:00:00+00:00`, and like Python six digits of a second when it is not whole. */
export function formatTs(date: Date): string {
  return date
    .toISOString()
    .replace(/\.000Z$/, '+00:00')
    .replace(/Z$/, '000+00:00');
}

/** The run id: its type and its logical date. */
export function formatRunId(runType: RunType, logicalDate: Date): string {
  return `${runType}__${formatTs(logicalDate)}`;
}

/** The context that argument functions and handlers see. */
export function createRunContext(facts: RunFacts): RunContext {
  const logicalDate = new Date(facts.logicalDate);
  const ts = formatTs(logicalDate);
  const [start, end] = facts.dataInterval;
  return Object.freeze({
    dagId: facts.dagId,
    runId: facts.runId,
    runType: facts.runType,
    params: facts.params,
    conf: facts.conf,
    logicalDate,
    dataInterval: Object.freeze({ start: new Date(start), end: new Date(end) }),
    ds: ts.slice(0, 10),
    dsNodash: ts.slice(0, 10).replaceAll('-', ''),
    ts,
    tsNodash: ts.slice(0, 19).replaceAll(/[-:]/g, ''),
    tsNodashWithTz: ts.replaceAll(/[-:]/g, ''),
  });
}
