/** What each try of a task leaves in the log store, on the real engine. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Connection } from '../../core/connection.js';
import { dag, skip } from '../../index.js';
import { startEngine, until, type Engine } from '../support/engine.js';
import { createGate } from './support/gate.js';

const SECRET = 'tr0ub4dor&3';
const vault: Connection = { id: 'vault', type: 'postgres', host: 'localhost', password: SECRET, extra: {} };

const tried = dag('tried', {}, ({ task }) => {
  task(
    'load',
    ({ ctx }) => {
      ctx.log.info({ rows: ctx.tryNumber * 10 }, 'loading');
      if (ctx.tryNumber === 1) throw new Error('disk full', { cause: new Error('ENOSPC') });
      return 1;
    },
    {},
    { retries: 1, retryDelay: '1ms' },
  );
  task('skips', () => skip('nothing to do'));
});
const leaky = dag('leaky', {}, ({ task }) => {
  task('tells', async ({ ctx }) => {
    await ctx.connection('vault');
    ctx.log.info({ dsn: `postgres://u:${SECRET}@h` }, `the password is ${SECRET}`);
    throw new Error(`refused for ${SECRET}`);
  });
});
const gate = createGate();
const waiting = dag('waiting', {}, ({ task }) => {
  task('waits', async ({ ctx }) => {
    ctx.log.info({}, 'waiting');
    await gate.pass();
    await new Promise((_, reject) => {
      ctx.signal.addEventListener('abort', () => reject(new Error('stopped')));
    });
  });
});

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine([tried, leaky, waiting], [vault]);
});
afterAll(() => engine.stop());

type Line = Readonly<Record<string, unknown>>;

/** The lines of each try. */
async function linesOf(workflowId: string, taskId: string): Promise<readonly (readonly Line[])[]> {
  const logs = await engine.taskLogs.list(workflowId, taskId);
  return Promise.all(
    logs.map(async (log) => {
      const { text } = await engine.taskLogs.read(log, 0);
      return text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Line);
    }),
  );
}

describe('the log of a try', () => {
  test('has its lines, its error and its end, apart from other tries', async () => {
    const { handle } = await engine.run(tried);
    const [first = [], second = [], ...more] = await linesOf(handle.workflowId, 'load');
    expect(more).toEqual([]);
    expect(first).toMatchObject([
      { msg: 'task started', dagId: 'tried', taskId: 'load', tryNumber: 1, operator: 'inline' },
      { msg: 'loading', rows: 10, level: 30 },
      { msg: 'try failed', state: 'failed', level: 40, err: { message: 'disk full: ENOSPC' } },
    ]);
    expect(second).toMatchObject([
      { msg: 'task started', tryNumber: 2 },
      { msg: 'loading', rows: 20 },
      { msg: 'task ended', state: 'success' },
    ]);
    const [skipped = []] = await linesOf(handle.workflowId, 'skips');
    expect(skipped.at(-1)).toMatchObject({ state: 'skipped' });
  });

  test('holds no secret', async () => {
    const { handle } = await engine.run(leaky);
    const text = JSON.stringify(await linesOf(handle.workflowId, 'tells'));
    expect(text).toContain('the password is ***');
    expect(text).toContain('refused for ***');
    expect(text).not.toContain(SECRET);
  });

  test('can be read while the task runs, and says that it was cancelled', async () => {
    const handle = await engine.start(waiting);
    await gate.reached;
    gate.open();
    await until(async () => {
      const [lines = []] = await linesOf(handle.workflowId, 'waits').catch(() => []);
      return lines.some(({ msg }) => msg === 'waiting');
    });
    await handle.cancel();
    await handle.result().catch(() => undefined);
    const [lines = []] = await linesOf(handle.workflowId, 'waits');
    expect(lines.at(-1)).toMatchObject({ msg: 'try failed', state: 'cancelled' });
  });
});
