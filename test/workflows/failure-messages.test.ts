/** What a run tells of failures, whatever its handlers throw. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AirtempoError, dag, fail } from '../../index.js';
import { startEngine, type Engine } from '../support/engine.js';

const manyFailures = dag('many_failures', {}, ({ task }) => {
  for (let index = 0; index < 8; index += 1) task(`t${String(index)}`, () => fail(`reason ${String(index)}`));
});

const nested = dag('nested_cause', {}, ({ task }) => {
  task('load', () => {
    throw new AirtempoError('SQL_FAILED', 'COPY of users failed', {
      cause: new Error('syntax error at "FORM"'),
    });
  });
});

const strange = dag('strange_errors', {}, ({ task }) => {
  task('text', () => {
    throw 'a text, not an error'; // eslint-disable-line no-throw-literal
  });
  task('nothing', () => {
    throw undefined; // eslint-disable-line no-throw-literal
  });
  task('half_a_character', () => {
    throw new Error(`cut in the middle of \ud83d`);
  });
});

const huge = dag('huge_message', {}, ({ task }) => {
  task('load', () => {
    throw new Error('x'.repeat(3_000_000));
  });
});

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine([manyFailures, nested, strange, huge]);
});
afterAll(() => engine.stop());

describe('a failed run', () => {
  test('names five failures at most, and counts the others', async () => {
    const run = await engine.run(manyFailures);
    expect(run.failure).toMatch(/8 of 8 tasks failed\..*t4 \(reason 4\), and 3 more\.$/);
  });

  test('keeps the cause of an error in the history', async () => {
    const run = await engine.run(nested);
    const { events = [] } = await run.handle.fetchHistory();
    const failure = events?.flatMap((event) => event.activityTaskFailedEventAttributes?.failure ?? [])[0];
    expect(failure).toMatchObject({
      message: 'COPY of users failed',
      applicationFailureInfo: { type: 'SQL_FAILED', nonRetryable: true },
      cause: { message: 'syntax error at "FORM"' },
    });
  });

  test('survives whatever a handler throws', async () => {
    const run = await engine.run(strange);
    expect(run.states).toEqual({ text: 'failed', nothing: 'failed', half_a_character: 'failed' });
    expect(run.report.tasks.map(({ message }) => message)).toEqual([
      'a text, not an error',
      'undefined',
      'cut in the middle of \ufffd',
    ]);
  });

  test('cuts a message that would fill the history', async () => {
    const run = await engine.run(huge);
    expect(run.report.tasks[0]?.message).toMatch(/^x{4000} … \(cut\)$/);
    expect((await run.handle.describe()).historySize).toBeLessThan(50_000);
  });
});
