/** Runs of thousands of tasks: they end, each task is run once, and no history grows near the server's limit. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { dag, each, operator } from '../../index.js';
import { startEngine, type Engine } from '../support/engine.js';
import { executionsOf } from './support/executions.js';

const TASKS = 10_000;
/** Enough for three histories: a chain takes a step of the workflow for each task, and two minutes for ten thousand. */
const CHAINED = 3_000;
const MOST_EVENTS = 12_000;
/** On two cores half a minute each. */
const PATIENCE_MS = 1_200_000;

/** How often each task has been called, by DAG and task. */
const calls = new Map<string, Map<string, number>>();

function countCall({ dagId, taskId }: { readonly dagId: string; readonly taskId: string }): void {
  const ofDag = calls.get(dagId) ?? new Map<string, number>();
  calls.set(dagId, ofDag.set(taskId, (ofDag.get(taskId) ?? 0) + 1));
}

const count = operator('count', ({ ctx }) => countCall(ctx));

const wide = dag('wide', { maxActiveTasks: 500 }, ({ task }) => {
  const begin = task('begin', count);
  const end = task('end', count);
  for (let index = 2; index < TASKS; index += 1) begin.then(task(`t${String(index)}`, count)).then(end);
});

/** What the last task of a DAG was given of the first one's output. */
const received = new Map<string, string>();

const chain = dag('chain', {}, ({ task }) => {
  const first = task('first', ({ ctx }) => {
    countCall(ctx);
    return { token: 'made early' };
  });
  const last = task(
    'last',
    ({ args, ctx }) => {
      countCall(ctx);
      received.set(ctx.dagId, args.early.token);
    },
    { early: first },
  );
  const between = Array.from({ length: CHAINED - 2 }, (_, index) => task(`t${String(index + 2)}`, count));
  for (const [index, next] of between.entries()) (between[index - 1] ?? first).then(next);
  between.at(-1)?.then(last);
});

/** What the reduce of the mapped DAG was given. */
const reduced: { count?: number; sum?: number } = {};

const mapped = dag('mapped_wide', { maxActiveTasks: 500 }, ({ task, map }) => {
  const list = task('list', () => Array.from({ length: TASKS }, (_, n) => n));
  const double = map('double', ({ args }) => args.n * 2, { n: each(list) });
  task(
    'reduce',
    ({ args }) => {
      reduced.count = args.all.length;
      reduced.sum = args.all.reduce((a, b) => a + b, 0);
    },
    { all: double },
  );
});

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine([wide, chain, mapped]);
});
afterAll(() => engine.stop());

async function expectShortHistories(handle: WorkflowHandle): Promise<void> {
  const executions = await executionsOf(engine.client, handle);
  expect(executions.at(0)?.status).toBe('CONTINUED_AS_NEW');
  expect(executions.at(-1)?.status).toBe('COMPLETED');
  expect(Math.max(...executions.map(({ historyLength }) => historyLength))).toBeLessThan(MOST_EVENTS);
}

describe('a run of thousands of tasks', () => {
  test.each([
    { shape: '1 → 9,998 → 1', large: wide, tasks: TASKS, lastGot: undefined },
    { shape: 'a chain of 3,000', large: chain, tasks: CHAINED, lastGot: 'made early' },
  ])(
    'calls each task once and ends as success in several histories, with early outputs at hand: $shape',
    async ({ large, tasks, lastGot }) => {
      const run = await engine.run(large);
      expect(run.failure).toBeUndefined();
      expect(run.report.counts).toEqual({ success: tasks });
      expect(new Set(Object.values(run.states))).toEqual(new Set(['success']));
      expect(calls.get(large.id)?.size).toBe(tasks);
      expect(new Set(calls.get(large.id)?.values())).toEqual(new Set([1]));
      expect(received.get(large.id)).toBe(lastGot);
      await expectShortHistories(run.handle);
    },
    PATIENCE_MS,
  );

  test(
    'maps over 10,000 elements, and one task is given all results',
    async () => {
      const run = await engine.run(mapped);
      expect(run.failure).toBeUndefined();
      expect(run.report.counts).toEqual({ success: TASKS + 2 });
      expect(reduced).toEqual({ count: TASKS, sum: TASKS * (TASKS - 1) });
      await expectShortHistories(run.handle);
    },
    PATIENCE_MS,
  );
});
