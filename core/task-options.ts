/** Options of a task, their defaults (Airflow's), and how default args, groups and tasks override each other. Pure. */
import type { ExecutionOptions, Priority } from './graph.js';
import { parseDuration, type Duration } from './duration.js';
import { AirtempoError } from './errors.js';
import { TRIGGER_RULES, type TriggerRule } from './trigger-rule.js';

/** What may be said of a task; a DAG's `defaultArgs` and a group's are of the same kind. */
export interface TaskOptions {
  /** Extra tries after the first. Default 0; `retries: 3` is four tries. */
  readonly retries?: number;
  /** Wait between tries. Default `'5m'`. */
  readonly retryDelay?: Duration;
  /** Factor by which the wait grows from try to try. Default 1: constant. */
  readonly retryBackoff?: number;
  /** Upper bound of the wait. Default and maximum `'24h'`. */
  readonly maxRetryDelay?: Duration;
  /** Upper bound of one try. Default `'24h'`. */
  readonly executionTimeout?: Duration;
  /** A worker that is silent for so long is taken for dead and the task is tried again. Default `'30s'`. */
  readonly heartbeatTimeout?: Duration;
  /** Default `all_success`. */
  readonly triggerRule?: TriggerRule;
  /** 1 runs first, 5 last. Default 3. */
  readonly priority?: Priority;
  /** Name of the pool (Temporal task queue) whose slots the task uses. Default: the run's own queue. */
  readonly pool?: string;
  /** What the task does, in a few words, for the Web UI. Default: the operator's own words. */
  readonly summary?: string;
  /** Whether the task waits for its own success in the former run. Only `false` for now. */
  readonly dependsOnPast?: false;
}

const DEFAULT_RETRY_DELAY_MS = 5 * 60_000; // Airflow's default_task_retry_delay
const MAX_RETRY_DELAY_MS = 24 * 3_600_000; // Airflow's MAX_RETRY_DELAY
const DEFAULT_EXECUTION_TIMEOUT_MS = 24 * 3_600_000;
/** Short enough that a killed worker is noticed soon, long enough for a stalled event loop. */
const DEFAULT_HEARTBEAT_TIMEOUT_MS = 30_000;

const KNOWN = new Set<string>([
  'retries',
  'retryDelay',
  'retryBackoff',
  'maxRetryDelay',
  'executionTimeout',
  'heartbeatTimeout',
  'triggerRule',
  'priority',
  'pool',
  'summary',
  'dependsOnPast',
] satisfies (keyof TaskOptions)[]);

/** The later layer wins, option by option: DAG, then group, then task. */
export function mergeTaskOptions(...layers: readonly (TaskOptions | undefined)[]): TaskOptions {
  return Object.assign({}, ...layers) as TaskOptions;
}

/** Checks a layer of options where it is written, so that the error names that place. */
export function checkTaskOptions(options: TaskOptions, where: string): void {
  for (const key of Object.keys(options)) {
    if (!KNOWN.has(key)) throw invalid(where, key, 'is unknown', `Known options: ${[...KNOWN].join(', ')}.`);
  }
  checkNumber(
    options.retries,
    where,
    'retries',
    (n) => Number.isInteger(n) && n >= 0 && n <= 1000,
    '0 to 1000',
  );
  checkNumber(options.retryBackoff, where, 'retryBackoff', (n) => n >= 1 && n <= 10, '1 to 10');
  checkNumber(
    options.priority,
    where,
    'priority',
    (n) => [1, 2, 3, 4, 5].includes(n),
    '1 (first) to 5 (last)',
  );
  if (options.triggerRule !== undefined && !TRIGGER_RULES.includes(options.triggerRule)) {
    throw invalid(
      where,
      'triggerRule',
      `is "${options.triggerRule}"`,
      `Use one of ${TRIGGER_RULES.join(', ')}.`,
    );
  }
  if (options.dependsOnPast !== undefined && options.dependsOnPast !== false) {
    throw invalid(
      where,
      'dependsOnPast',
      'is true',
      'Waiting for the former run is not available yet: leave it out.',
    );
  }
  checkText(options.pool, where, 'pool');
  checkText(options.summary, where, 'summary');
}

function checkNumber(
  value: unknown,
  where: string,
  key: string,
  accepts: (value: number) => boolean,
  range: string,
): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || !accepts(value)) {
    throw invalid(where, key, `is ${JSON.stringify(value)}`, `Use ${range}.`);
  }
}

function checkText(value: unknown, where: string, key: string): void {
  if (value === undefined) return;
  if (typeof value !== 'string' || value.trim() === '') {
    throw invalid(where, key, `is ${JSON.stringify(value)}`, 'Use a text that is not empty.');
  }
}

function invalid(where: string, key: string, problem: string, fix: string): AirtempoError {
  return new AirtempoError('INVALID_OPTION', `${where}: option ${key} ${problem}. ${fix}`);
}

/** Options in the form that Temporal's side reads, with the defaults filled in. */
export function computeExecutionOptions(options: TaskOptions, where: string): ExecutionOptions {
  const at = (key: keyof TaskOptions): string => `${where}: option ${key}`;
  const retryDelayMs = parseDuration(options.retryDelay ?? DEFAULT_RETRY_DELAY_MS, at('retryDelay'));
  const maxRetryDelayMs = parseDuration(options.maxRetryDelay ?? MAX_RETRY_DELAY_MS, at('maxRetryDelay'));
  return {
    retries: options.retries ?? 0,
    retryDelayMs,
    retryBackoff: options.retryBackoff ?? 1,
    maxRetryDelayMs: Math.max(retryDelayMs, Math.min(maxRetryDelayMs, MAX_RETRY_DELAY_MS)),
    executionTimeoutMs: positive(
      options.executionTimeout ?? DEFAULT_EXECUTION_TIMEOUT_MS,
      at('executionTimeout'),
    ),
    heartbeatTimeoutMs: positive(
      options.heartbeatTimeout ?? DEFAULT_HEARTBEAT_TIMEOUT_MS,
      at('heartbeatTimeout'),
    ),
    ...(options.pool === undefined ? {} : { pool: options.pool }),
  };
}

function positive(value: Duration, where: string): number {
  const parsed = parseDuration(value, where);
  if (parsed > 0) return parsed;
  throw new AirtempoError('INVALID_OPTION', `${where} is 0. Use a duration above zero, such as "30s".`);
}
