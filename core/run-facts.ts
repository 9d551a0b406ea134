/** The facts of a run as JSON, and the context that task code sees, with Airflow's date formats. Pure. */
import type { RunContext, RunType } from './context.js';
import { AirtempoError } from './errors.js';

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

/** Reads a run's input as it comes from the Web UI, `temporal`, `tctl` or a schedule. */
export function parseRunInput(input: unknown): RunInput {
  if (input === undefined || input === null) return {};
  if (!isRecord(input)) throw invalidInput(`is ${JSON.stringify(input)}, not an object`);
  const unknown = Object.keys(input).filter((key) => key !== 'conf' && key !== 'logicalDate');
  if (unknown.length > 0) throw invalidInput(`has the unknown key ${JSON.stringify(unknown[0])}`);
  const { conf, logicalDate } = input;
  if (conf !== undefined && !isRecord(conf)) throw invalidInput('has a "conf" that is not an object');
  if (logicalDate !== undefined && typeof logicalDate !== 'string') {
    throw invalidInput('has a "logicalDate" that is not a string');
  }
  return {
    ...(conf === undefined ? {} : { conf }),
    ...(logicalDate === undefined ? {} : { logicalDate: parseInstant(logicalDate).toISOString() }),
  };
}

function invalidInput(problem: string): AirtempoError {
  return new AirtempoError(
    'INVALID_RUN_INPUT',
    `The run's input ${problem}. Give nothing, or one JSON object such as ${RUN_INPUT_EXAMPLE}.`,
  );
}

const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Parses `2018-11-02`, `2018-11-02T02:00` (UTC) or an ISO instant with an offset. */
export function parseInstant(text: string): Date {
  const zoned = text.length > 10 && !/(Z|[+-]\d{2}:?\d{2})$/.test(text) ? `${text}Z` : text;
  const date = new Date(zoned);
  const valid = INSTANT.test(text) && !Number.isNaN(date.getTime()) && dayExists(text);
  if (!valid) {
    throw new AirtempoError(
      'INVALID_RUN_INPUT',
      `${JSON.stringify(text)} is not a date. Write "2018-11-02" or "2018-11-02T02:00:00Z".`,
    );
  }
  return date;
}

/** `new Date('2018-02-30')` rolls over to March; a calendar does not. */
function dayExists(text: string): boolean {
  const day = text.slice(0, 10);
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Airflow's `ts`: `2018-11-02T00:00:00+00:00`, with milliseconds only when there are some. */
export function formatTs(date: Date): string {
  return date
    .toISOString()
    .replace(/\.000Z$/, '+00:00')
    .replace(/Z$/, '+00:00');
}

/** The run id: its type and its logical date. */
export function formatRunId(runType: RunType, logicalDate: Date): string {
  return `${runType}__${formatTs(logicalDate)}`;
}

/** The context that argument functions and handlers see. */
export function createRunContext(facts: RunFacts): RunContext {
  const logicalDate = new Date(facts.logicalDate);
  const ts = formatTs(logicalDate);
  const tsNodash = ts.slice(0, 19).replaceAll(/[-:]/g, '');
  return Object.freeze({
    dagId: facts.dagId,
    runId: facts.runId,
    runType: facts.runType,
    params: facts.params,
    conf: facts.conf,
    logicalDate,
    dataInterval: { start: new Date(facts.dataInterval[0]), end: new Date(facts.dataInterval[1]) },
    ds: ts.slice(0, 10),
    dsNodash: ts.slice(0, 10).replaceAll('-', ''),
    ts,
    tsNodash,
    tsNodashWithTz: `${tsNodash}+0000`,
  });
}
