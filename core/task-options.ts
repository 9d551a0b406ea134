/** Options of a task, their defaults (Airflow's), and how default args, groups and tasks override each other. Pure. */
import {
  checkCallbacks,
  collectCallbacks,
  nameCallbacks,
  parseWithin,
  TASK_CALLBACK_OPTIONS,
  type TaskCallbackOptions,
} from './callback-options.js';
import type { ExecutionOptions, Priority, RunGraphTask } from './graph.js';
import { parseDuration, type Duration } from './duration.js';
import { checkKeys, checkText, invalidOption } from './option-checks.js';
import { showValue } from './outside-value.js';
import { checkSensorOptions, SENSOR_OPTIONS, type SensorTaskOptions } from './sensor-options.js';
import { suggest } from './suggest.js';
import { isTriggerRule, TRIGGER_RULES, type TriggerRule } from './trigger-rule.js';

/** What may be said of a task; a DAG's `defaultArgs` and a group's are of the same kind. */
export interface TaskOptions extends SensorTaskOptions, TaskCallbackOptions {
  /** Extra tries after the first. Default 0; `retries: 3` is four tries. */
  readonly retries?: number;
  /** Wait between tries. Default `'5m'`, at most `'24h'`. */
  readonly retryDelay?: Duration;
  /** Factor by which the wait grows from try to try. Default 1: constant. */
  readonly retryBackoff?: number;
  /** Upper bound of the wait, also of a longer `retryDelay`. Default and maximum `'24h'`. */
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
  /**
   * Whether the task starts only once it succeeded or was skipped in the previous run, by logical date. Default false.
   * A failed past holds the task, and never fails it; it goes on when the previous run has been repaired.
   */
  readonly dependsOnPast?: boolean;
  /** Whether it also waits for its direct downstream in the previous run. Default false; implies `dependsOnPast`. */
  readonly waitForDownstream?: boolean;
  /** Whether a task that no earlier run has may start at once. Default true, as Airflow is set up. */
  readonly ignoreFirstDependsOnPast?: boolean;
  /** Whether its trigger rule may skip it only once the past lets it start. Default false. */
  readonly waitForPastDependsBeforeSkipping?: boolean;
  /** Time from the run's start in which it is to be done. It goes on; `onDeadlineMissed` is called. Default: none. */
  readonly deadline?: Duration;
}

const DEFAULT_RETRY_DELAY_MS = 5 * 60_000; // Airflow's default_task_retry_delay
const MAX_RETRY_DELAY_MS = 24 * 3_600_000; // Airflow's MAX_RETRY_DELAY
const DEFAULT_EXECUTION_TIMEOUT_MS = 24 * 3_600_000;
/** Short enough that a killed worker is noticed soon, long enough for a stalled event loop. */
const DEFAULT_HEARTBEAT_TIMEOUT_MS = 30_000;

const KNOWN: readonly string[] = [
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
  'waitForDownstream',
  'ignoreFirstDependsOnPast',
  'waitForPastDependsBeforeSkipping',
  ...SENSOR_OPTIONS,
  'deadline',
  ...TASK_CALLBACK_OPTIONS,
] satisfies (keyof TaskOptions)[];

const LONGEST_POOL = 200;

/** The later layer wins, option by option: DAG, then group, then task. An option that is `undefined` is unsaid. */
export function mergeTaskOptions(...layers: readonly (TaskOptions | undefined)[]): TaskOptions {
  const said = layers.flatMap((layer) =>
    Object.entries(layer ?? {}).filter(([, value]) => value !== undefined),
  );
  return Object.freeze(Object.fromEntries(said)) as TaskOptions; // entries of TaskOptions
}

/** Checks a layer of options where it is written, so that the error names that place. Throws INVALID_OPTION. */
export function checkTaskOptions(options: TaskOptions, where: string): void {
  checkKeys(options, KNOWN, where);
  const { retries, retryBackoff, priority } = options;
  checkNumber(retries, where, 'retries', (n) => Number.isInteger(n) && n >= 0 && n <= 1000, '0 to 1000');
  checkNumber(retryBackoff, where, 'retryBackoff', (n) => n >= 1 && n <= 10, '1 to 10');
  checkNumber(priority, where, 'priority', (n) => [1, 2, 3, 4, 5].includes(n), '1 (first) to 5 (last)');
  checkDelay(options.retryDelay, where, 'retryDelay');
  checkDelay(options.maxRetryDelay, where, 'maxRetryDelay');
  checkTimeout(options.executionTimeout, where, 'executionTimeout');
  checkTimeout(options.heartbeatTimeout, where, 'heartbeatTimeout');
  checkTriggerRule(options.triggerRule, where);
  checkPastOptions(options, where);
  checkSensorOptions(options, where);
  checkCallbacks(options, where);
  checkText(options.pool, where, 'pool', LONGEST_POOL);
  checkText(options.summary, where, 'summary');
}

const PAST_FLAGS = [
  'dependsOnPast',
  'waitForDownstream',
  'ignoreFirstDependsOnPast',
  'waitForPastDependsBeforeSkipping',
] as const satisfies readonly (keyof TaskOptions)[];

function checkPastOptions(options: TaskOptions, where: string): void {
  for (const key of PAST_FLAGS) {
    const value: unknown = options[key];
    if (value === undefined || typeof value === 'boolean') continue;
    throw invalidOption(where, key, `is ${showValue(value)}`, 'Use true or false.');
  }
}

/** The part of a graph's task that is about the past. Nothing for a task that does not depend on it. */
export function computePastOptions(options: TaskOptions): Pick<RunGraphTask, (typeof PAST_FLAGS)[number]> {
  const { dependsOnPast, waitForDownstream, ignoreFirstDependsOnPast, waitForPastDependsBeforeSkipping } =
    options;
  if (dependsOnPast !== true && waitForDownstream !== true) return {};
  return {
    dependsOnPast: true,
    ...(waitForDownstream === true ? { waitForDownstream } : {}),
    ...(ignoreFirstDependsOnPast === false ? { ignoreFirstDependsOnPast } : {}),
    ...(waitForPastDependsBeforeSkipping === true ? { waitForPastDependsBeforeSkipping } : {}),
  };
}

function checkNumber(
  value: unknown,
  where: string,
  key: string,
  accepts: (value: number) => boolean,
  range: string,
): void {
  if (value === undefined || (typeof value === 'number' && accepts(value))) return;
  throw invalidOption(where, key, `is ${showValue(value)}`, `Use ${range}.`);
}

function checkDelay(value: unknown, where: string, key: string): void {
  if (value === undefined || parseDuration(value, `${where}: option ${key}`) <= MAX_RETRY_DELAY_MS) return;
  throw invalidOption(where, key, `is ${showValue(value)}, longer than a day`, 'Use at most "24h".');
}

function checkTimeout(value: unknown, where: string, key: string): void {
  if (value === undefined || parseDuration(value, `${where}: option ${key}`) > 0) return;
  throw invalidOption(where, key, `is ${showValue(value)}`, 'Use a duration above zero, such as "30s".');
}

function checkTriggerRule(value: unknown, where: string): void {
  if (value === undefined || isTriggerRule(value)) return;
  const hint = typeof value === 'string' ? suggest(value, TRIGGER_RULES) : '';
  const fix = `${hint} Use one of ${TRIGGER_RULES.join(', ')}.`.trimStart();
  throw invalidOption(where, 'triggerRule', `is ${showValue(value)}`, fix);
}

/** Checked options in the form that Temporal's side reads, with the defaults filled in. */
export function computeExecutionOptions(options: TaskOptions, where: string): ExecutionOptions {
  const parse = (key: DurationKey, fallbackMs: number): number =>
    parseDuration(options[key] ?? fallbackMs, `${where}: option ${key}`);
  const maxRetryDelayMs = parse('maxRetryDelay', MAX_RETRY_DELAY_MS);
  const callbacks = nameCallbacks(collectCallbacks(options));
  const { deadline, onDeadlineMissed } = options;
  return {
    retries: options.retries ?? 0,
    retryDelayMs: Math.min(parse('retryDelay', DEFAULT_RETRY_DELAY_MS), maxRetryDelayMs), // Airflow's cap covers the first wait
    retryBackoff: options.retryBackoff ?? 1,
    maxRetryDelayMs,
    executionTimeoutMs: parse('executionTimeout', DEFAULT_EXECUTION_TIMEOUT_MS),
    heartbeatTimeoutMs: parse('heartbeatTimeout', DEFAULT_HEARTBEAT_TIMEOUT_MS),
    ...(options.pool === undefined ? {} : { pool: options.pool }),
    ...(callbacks === undefined ? {} : { callbacks }),
    ...(deadline === undefined ? {} : { deadlineMs: parseWithin(deadline, where, onDeadlineMissed) }),
  };
}

type DurationKey = 'retryDelay' | 'maxRetryDelay' | 'executionTimeout' | 'heartbeatTimeout';
