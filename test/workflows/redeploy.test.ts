import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, describe, expect, test } from '@jest/globals';
import { dag, operator, type Dag } from '../../index.js';
import { finishRun, startEngine, until, type Engine } from '../support/engine.js';
import { attemptsOf, fetchEvents } from './support/history.js';

/** Tried until a deploy mends it: a run stays at such a task for as long as the test needs. */
const PATIENT = { retries: 500, retryDelay: '100ms' } as const;

const broken = (): never => {
  throw new Error('not mended yet');
};

/** Which code has run, as `file: task`. */
let ran: string[] = [];
const note = (entry: string): string => {
  ran.push(entry);
  return entry;
};

const announce = operator('announce', ({ args }: { args: { text: string } }) =>
  note(`announce: ${args.text}`),
);

let engine: Engine;
afterEach(async () => {
  await engine.stop();
  ran = [];
});

async function startAndHold(before: Dag): Promise<WorkflowHandle> {
  engine = await startEngine([before]);
  const handle = await engine.start(before);
  await untilLastFailure(handle, 'Error');
  return handle;
}

/** Waits until the one pending task has failed in this way. */
function untilLastFailure(handle: WorkflowHandle, type: string): Promise<string> {
  return until(async () => {
    const { raw } = await handle.describe();
    const failure = raw.pendingActivities?.[0]?.lastFailure;
    return failure?.applicationFailureInfo?.type === type ? (failure.message ?? '') : undefined;
  });
}

describe('a run whose DAG file is edited while it runs', () => {
  test('ends on the graph it began with, by the code there is now', async () => {
    const before = dag('edited', {}, ({ task }) => {
      const first = task('first', broken, {}, PATIENT);
      const kept = task('kept', () => note('before: kept'));
      const told = task('told', announce, { text: 'the recorded text' });
      const last = task('last', ({ args }) => note(`before: ${args.from}`), { from: kept });
      first.then(kept, told);
      told.then(last);
    });
    const after = dag('edited', {}, ({ task }) => {
      const last = task('last', ({ args }) => note(`after: got ${args.from}`), { from: 'nobody' });
      const added = task('added', () => note('after: added'));
      const kept = task('kept', () => note('after: kept'));
      const renamed = task('told_anew', announce, { text: 'the new text' });
      const first = task('first', () => note('after: first'));
      last.then(added, kept, renamed);
      kept.then(first);
    });

    const handle = await startAndHold(before);
    await engine.redeploy([after]);
    const run = await finishRun(handle);

    expect(run.failure).toBeUndefined();
    expect(run.states).toEqual({ first: 'success', kept: 'success', told: 'success', last: 'success' });
    expect(run.report.tasks.map(({ id }) => id)).toEqual(['first', 'kept', 'told', 'last']);
    expect(ran[0]).toBe('after: first');
    expect(ran.slice(1, 3).toSorted()).toEqual(['after: kept', 'announce: the recorded text']);
    expect(ran.slice(3)).toEqual(['after: got after: kept']);

    const next = await engine.run(after);
    expect(next.report.tasks.map(({ id }) => id)).toEqual(['last', 'added', 'kept', 'told_anew', 'first']);
    expect(next.status).toBe('COMPLETED');
  });

  test('runs a task by the operator it was recorded with when the file gives it another', async () => {
    const before = dag('reworked', {}, ({ task }) => {
      task('first', broken, {}, PATIENT).then(task('told', announce, { text: 'as recorded' }));
    });
    const after = dag('reworked', {}, ({ task }) => {
      const first = task('first', () => null);
      first.then(task('told', () => note('after: told'), {}));
      first.then(task('other', announce, { text: 'other' }));
    });
    const handle = await startAndHold(before);
    await engine.redeploy([after]);
    expect((await finishRun(handle)).failure).toBeUndefined();
    expect(ran).toEqual(['announce: as recorded']);
  });

  test('keeps the params and the date it began with', async () => {
    const before = dag('dated', {}, ({ task }) => {
      task('first', broken, {}, PATIENT);
    });
    const after = dag('dated', {}, ({ task }) => {
      task('first', ({ ctx }) => note(`${ctx.ds} ${JSON.stringify(ctx.params)}`));
    });
    engine = await startEngine([before]);
    const handle = await engine.start(before, { logicalDate: '2018-11-02', conf: { mode: 'day' } });
    await untilLastFailure(handle, 'Error');
    await engine.redeploy([after]);
    await finishRun(handle);
    expect(ran).toEqual(['2018-11-02 {"mode":"day"}']);
  });
});

describe('a handler', () => {
  test('that was removed is missed, with a message that names the fix, and found when it is back', async () => {
    const before = dag('forgetful', {}, ({ task }) => {
      const first = task('first', broken, {}, PATIENT);
      first.then(task('second', () => 2));
    });
    const without = dag('forgetful', {}, ({ task }) => {
      task('second', () => 2);
    });
    const restored = dag('forgetful', {}, ({ task }) => {
      const first = task('first', () => note('restored: first'));
      first.then(task('second', () => 2));
    });
    const handle = await startAndHold(before);
    await engine.redeploy([without]);
    const message = await untilLastFailure(handle, 'TASK_CODE_MISSING');
    expect(message).toMatch(/no code for task first of DAG forgetful .*deploy the former file/);
    await engine.redeploy([restored]);
    const run = await finishRun(handle);
    expect(run.states).toEqual({ first: 'success', second: 'success' });
    expect(ran).toEqual(['restored: first']);
  });

  test('is missed when the whole DAG is gone, and the run goes on when it is back', async () => {
    const before = dag('withdrawn', {}, ({ task }) => {
      task('first', broken, {}, PATIENT);
    });
    const other = dag('other', {}, ({ task }) => {
      task('a', () => 1);
    });
    const handle = await startAndHold(before);
    await engine.redeploy([other]);
    await untilLastFailure(handle, 'TASK_CODE_MISSING');
    await engine.redeploy([
      other,
      dag('withdrawn', {}, ({ task }) => {
        task('first', () => note('back'));
      }),
    ]);
    expect((await finishRun(handle)).status).toBe('COMPLETED');
    expect(ran).toEqual(['back']);
  });

  test('that was mended is used by the next try', async () => {
    const before = dag('mended', {}, ({ task }) => {
      task('first', broken, {}, PATIENT);
    });
    const after = dag('mended', {}, ({ task }) => {
      task('first', ({ ctx }) => void note(ctx.tryNumber > 1 ? 'a later try' : 'the first try'));
    });
    const handle = await startAndHold(before);
    await engine.redeploy([after]);
    expect((await finishRun(handle)).status).toBe('COMPLETED');
    expect(ran).toEqual(['a later try']);
    expect(attemptsOf(await fetchEvents(handle), 'first')).toBeGreaterThan(1);
  });

  test('whose argument function was removed is missed as its code is', async () => {
    const before = dag('unargued', {}, ({ task }) => {
      const first = task('first', broken, {}, PATIENT);
      first.then(task('told', announce, { text: (run) => run.ds }, PATIENT));
    });
    const without = dag('unargued', {}, ({ task }) => {
      const first = task('first', () => 1);
      first.then(task('told', announce, { text: 'fixed' }));
    });
    const restored = dag('unargued', {}, ({ task }) => {
      task('told', announce, { text: () => 'by function' });
    });
    const handle = await startAndHold(before);
    await engine.redeploy([without]);
    await untilLastFailure(handle, 'TASK_CODE_MISSING');
    await engine.redeploy([restored]);
    expect((await finishRun(handle)).status).toBe('COMPLETED');
    expect(ran).toEqual(['announce: by function']);
  });
});
