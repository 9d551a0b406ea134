/** Options of tasks: their defaults, what is refused, and which layer wins. */
import { describe, expect, test } from '@jest/globals';
import {
  checkTaskOptions,
  computeExecutionOptions,
  computePastOptions,
  mergeTaskOptions,
  type TaskOptions,
} from '../../core/task-options.js';
import { refusal } from './support/refusal.js';

const HOUR_MS = 3_600_000;

test('the defaults are Airflow’s', () => {
  expect(computeExecutionOptions({}, 'task')).toEqual({
    retries: 0,
    retryDelayMs: 300_000,
    retryBackoff: 1,
    maxRetryDelayMs: 24 * HOUR_MS,
    executionTimeoutMs: 24 * HOUR_MS,
    heartbeatTimeoutMs: 30_000,
  });
});

test('what is said is taken over, in milliseconds', () => {
  const options = {
    retries: 3,
    retryDelay: '1m',
    retryBackoff: 2,
    maxRetryDelay: '10m',
    executionTimeout: '1.5h',
    heartbeatTimeout: 45_000,
    pool: 'redshift',
  } satisfies TaskOptions;
  expect(refusalOrNothing(options)).toBeUndefined();
  expect(computeExecutionOptions(options, 'task')).toEqual({
    retries: 3,
    retryDelayMs: 60_000,
    retryBackoff: 2,
    maxRetryDelayMs: 600_000,
    executionTimeoutMs: 1.5 * HOUR_MS,
    heartbeatTimeoutMs: 45_000,
    pool: 'redshift',
  });
});

test('maxRetryDelay may be the longest that Airflow has', () => {
  expect(computeExecutionOptions({ maxRetryDelay: '24h' }, 'task')).toMatchObject({
    maxRetryDelayMs: 24 * HOUR_MS,
  });
});

test('maxRetryDelay bounds the first wait too, also the default one', () => {
  expect(computeExecutionOptions({ maxRetryDelay: '10s' }, 'task')).toMatchObject({
    retryDelayMs: 10_000,
    maxRetryDelayMs: 10_000,
  });
});

describe('what a graph records of the past', () => {
  test.each<[TaskOptions, object]>([
    [{}, {}],
    [{ dependsOnPast: false }, {}],
    [{ dependsOnPast: true }, { dependsOnPast: true }],
    [{ waitForDownstream: true }, { dependsOnPast: true, waitForDownstream: true }],
    [{ waitForPastDependsBeforeSkipping: true, ignoreFirstDependsOnPast: false }, {}],
    [
      {
        dependsOnPast: true,
        waitForDownstream: false,
        ignoreFirstDependsOnPast: false,
        waitForPastDependsBeforeSkipping: true,
      },
      { dependsOnPast: true, ignoreFirstDependsOnPast: false, waitForPastDependsBeforeSkipping: true },
    ],
  ])('%j', (options, recorded) => {
    expect(computePastOptions(options)).toEqual(recorded);
  });
});

describe('the later layer wins, option by option', () => {
  test.each<[string, readonly (TaskOptions | undefined)[], TaskOptions]>([
    ['nothing said', [undefined, {}], {}],
    [
      'each its own',
      [{ retries: 1 }, { pool: 'p' }, { priority: 1 }],
      { retries: 1, pool: 'p', priority: 1 },
    ],
    ['the last', [{ retries: 1 }, { retries: 2 }, { retries: 3 }], { retries: 3 }],
    ['zero counts', [{ retries: 3 }, undefined, { retries: 0 }], { retries: 0 }],
    ['undefined does not', [{ retries: 3 }, { retries: undefined } as object, {}], { retries: 3 }],
  ])('%s', (_, layers, expected) => {
    expect(mergeTaskOptions(...layers)).toEqual(expected);
  });
});

function refusalOrNothing(options: unknown): unknown {
  try {
    return checkTaskOptions(options as TaskOptions, 'DAG d, task t');
  } catch (error) {
    return error;
  }
}

describe('bad options are refused where they are written', () => {
  test.each<TaskOptions>([
    { retries: 1000, retryBackoff: 1 },
    { retryBackoff: 10, pool: 'p'.repeat(200) },
  ])('%j is just within the limits', (options) => {
    expect(() => checkTaskOptions(options, 'here')).not.toThrow();
  });

  test.each<[unknown, string]>([
    [
      { retires: 3 },
      'option retires is unknown. Did you mean "retries"? Known options: retries, retryDelay,',
    ],
    [{ retry_delay: '5m' }, 'option retry_delay is unknown. Did you mean "retryDelay"?'],
    [{ zebra: 1 }, 'option zebra is unknown. Known options:'],
    ['5m', 'the options are "5m", not an object. Known options: retries'],
    [[], 'the options are [], not an object'],
    [null, 'the options are null, not an object'],
    [{ retries: -1 }, 'option retries is -1. Use 0 to 1000.'],
    [{ retries: 1.5 }, 'option retries is 1.5. Use 0 to 1000.'],
    [{ retries: 1001 }, 'option retries is 1001. Use 0 to 1000.'],
    [{ retries: '3' }, 'option retries is "3". Use 0 to 1000.'],
    [{ retries: Number.NaN }, 'option retries is NaN. Use 0 to 1000.'],
    [{ retries: 3n }, 'option retries is 3. Use 0 to 1000.'],
    [{ retryBackoff: 0.5 }, 'option retryBackoff is 0.5. Use 1 to 10.'],
    [{ retryBackoff: Infinity }, 'option retryBackoff is Infinity. Use 1 to 10.'],
    [{ retryDelay: '5 minutes' }, 'option retryDelay is "5 minutes", which is not a duration. Write "30s"'],
    [{ retryDelay: '25h' }, 'option retryDelay is "25h", longer than a day. Use at most "24h".'],
    [{ maxRetryDelay: '2d' }, 'option maxRetryDelay is "2d", longer than a day. Use at most "24h".'],
    [{ executionTimeout: 0 }, 'option executionTimeout is 0. Use a duration above zero, such as "30s".'],
    [{ executionTimeout: '0.1ms' }, 'option executionTimeout is "0.1ms". Use a duration above zero'],
    [{ heartbeatTimeout: '0s' }, 'option heartbeatTimeout is "0s". Use a duration above zero'],
    [
      { heartbeatTimeout: new Date(0) },
      'option heartbeatTimeout is "1970-01-01T00:00:00.000Z", which is not a duration',
    ],
    [
      { triggerRule: 'all_sucess' },
      'option triggerRule is "all_sucess". Did you mean "all_success"? Use one of all_success,',
    ],
    [{ triggerRule: 5 }, 'option triggerRule is 5. Use one of all_success,'],
    [{ triggerRule: 'toString' }, 'option triggerRule is "toString". Use one of'],
    [{ priority: 6 }, 'option priority is 6. Use 1 (first) to 5 (last).'],
    [{ priority: 0 }, 'option priority is 0. Use 1 (first) to 5 (last).'],
    [{ depends_on_past: true }, 'option depends_on_past is unknown. Did you mean "dependsOnPast"?'],
    [{ dependsOnPast: 'no' }, 'option dependsOnPast is "no". Use true or false.'],
    [{ waitForDownstream: 1 }, 'option waitForDownstream is 1. Use true or false.'],
    [{ ignoreFirstDependsOnPast: null }, 'option ignoreFirstDependsOnPast is null. Use true or false.'],
    [{ waitForPastDependsBeforeSkipping: [] }, 'option waitForPastDependsBeforeSkipping is []. Use true'],
    [{ pool: '' }, 'option pool is "". Use a text that is not empty.'],
    [{ pool: 5 }, 'option pool is 5. Use a text that is not empty.'],
    [{ pool: 'p'.repeat(201) }, 'option pool has 201 characters. Use at most 200.'],
    [{ summary: ' ' }, 'option summary is " ". Use a text that is not empty.'],
    [{ summary: () => 'x' }, 'option summary is a function. Use a text that is not empty.'],
  ])('%p', (options, message) => {
    expect(refusal(() => checkTaskOptions(options as TaskOptions, 'DAG d, task t'))).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(`DAG d, task t: ${message}`),
    });
  });

  test('an option that is undefined counts as left out', () => {
    expect(refusalOrNothing({ retries: undefined, pool: undefined, retryDelay: undefined })).toBeUndefined();
  });
});
