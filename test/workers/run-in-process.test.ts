import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { empty } from '../../activities/index.js';
import { createConnectionRegistry, createSecretScrubber } from '../../connections/index.js';
import type { RunInput } from '../../core/run-facts.js';
import {
  cron,
  dag,
  notYet,
  operator,
  sensor,
  skip,
  triggerDag,
  type Dag,
  type Operator,
  waitForDag,
} from '../../index.js';
import { createLogger } from '../../workers/logger.js';
import { runInProcess } from '../../workers/run-in-process.js';
import { createFileXComBlobs } from '../../workers/xcom-files.js';
import { createXComStore } from '../../workers/xcom-store.js';
import type { RunReport } from '../../workflows/run-report.js';
import { createFixedStore } from '../support/engine.js';
import { createScratchFolder } from '../support/scratch.js';
import { createGate, untilAborted } from '../workflows/support/gate.js';

const SECRET = 'pa/ss+wörd&7';

let folder: Awaited<ReturnType<typeof createScratchFolder>>;
let changes: string[];
let logLines: string[];
beforeEach(async () => {
  folder = await createScratchFolder();
  changes = [];
  logLines = [];
});
afterEach(() => folder.remove());

function run(each: Dag, options: { input?: RunInput; signal?: AbortSignal } = {}): Promise<RunReport> {
  const scrubber = createSecretScrubber();
  const warehouse = { id: 'warehouse', type: 'postgres', host: 'db', password: SECRET, extra: {} } as const;
  return runInProcess(each, options.input ?? {}, {
    dags: new Map([[each.id, each]]),
    registry: createConnectionRegistry({ stores: [createFixedStore([warehouse])], scrubber }),
    scrubber,
    xcom: createXComStore(createFileXComBlobs(folder.dir)),
    logger: createLogger(scrubber, { destination: { write: (line: string) => void logLines.push(line) } }),
    signal: options.signal ?? new AbortController().signal,
    onChange: ({ taskId, state }) => void changes.push(`${taskId}: ${state}`),
  });
}

const statesOf = (report: RunReport): Readonly<Record<string, string>> =>
  Object.fromEntries(report.tasks.map(({ id, state }) => [id, state]));

const messageOf = (report: RunReport, id: string): string | undefined =>
  report.tasks.find((task) => task.id === id)?.message;

describe('a run in this process', () => {
  test('hands outputs on, large ones and those of operators too, and tells each change once', async () => {
    const double = operator('double', ({ args }: { args: { text: string } }) => args.text.length * 2);
    const each = dag('whole', { schedule: cron('0 2 * * *') }, ({ task }) => {
      const begin = task('begin', empty);
      const extract = task('extract', () => 'x'.repeat(100_000));
      begin.then(extract);
      const doubled = task('doubled', double, { text: extract });
      task('report', ({ args, ctx }) => ctx.log.info(args, 'loaded'), {
        rows: doubled,
        day: (facts) => facts.ds,
      });
    });
    const report = await run(each, { input: { logicalDate: '2018-11-02' } });
    expect(report).toMatchObject({ state: 'success', cancelled: false, counts: { success: 4 } });
    expect(logLines.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ msg: 'loaded', rows: 200_000, day: '2018-11-02', taskId: 'report' }),
    );
    expect(changes.filter((change) => change.endsWith('success'))).toEqual([
      'begin: success',
      'extract: success',
      'doubled: success',
      'report: success',
    ]);
    expect(new Set(changes).size).toBe(changes.length);
  });

  test('fails what is downstream of a failed task, tried once, and runs what does not depend on it', async () => {
    let tries = 0;
    const each = dag('failing', { defaultArgs: { retries: 3 } }, ({ task }) => {
      const load = task('load', () => {
        tries += 1;
        throw new Error('the warehouse is closed');
      });
      load.then(task('check', () => 1)).then(task('report', () => 1));
      load.then(task('alert', () => 1, {}, { triggerRule: 'one_failed' }));
      task('other', () => 1);
    });
    const report = await run(each);
    expect(report.state).toBe('failed');
    expect(statesOf(report)).toEqual({
      load: 'failed',
      check: 'upstream_failed',
      report: 'upstream_failed',
      alert: 'success',
      other: 'success',
    });
    expect(messageOf(report, 'load')).toBe('the warehouse is closed');
    expect(tries).toBe(1);
  });

  test('skips with a reason, and what is downstream by its trigger rule', async () => {
    const each = dag('skipping', {}, ({ task }) => {
      const first = task('first', () => skip('no data today'));
      first.then(task('second', () => 1)).then(task('join', () => 1, {}, { triggerRule: 'none_failed' }));
    });
    const report = await run(each);
    expect(statesOf(report)).toEqual({ first: 'skipped', second: 'skipped', join: 'success' });
    expect(messageOf(report, 'first')).toBe('no data today');
    expect(report.state).toBe('success');
  });

  test('fails a task whose output is not JSON or whose arguments throw', async () => {
    const each = dag('unfit', {}, ({ task }) => {
      task('big', () => 5n);
      task('thrown', () => Promise.reject({ code: 7 }));
      task('argued', () => 1, {
        day: () => {
          throw new Error('no such day');
        },
      });
    });
    const report = await run(each);
    expect(statesOf(report)).toEqual({ big: 'failed', thrown: 'failed', argued: 'failed' });
    expect(messageOf(report, 'big')).toContain('Task big returned a value that is not JSON');
    expect(messageOf(report, 'thrown')).toBe('{"code":7}');
    expect(messageOf(report, 'argued')).toBe('no such day');
  });

  test('is refused for a date that does not exist', async () => {
    const each = dag('dated', {}, ({ task }) => void task('a', () => 1));
    await expect(run(each, { input: { logicalDate: '2018-02-30' } })).rejects.toMatchObject({
      code: 'INVALID_RUN_INPUT',
    });
  });

  test('shows no secret in messages and log lines', async () => {
    const each = dag('leaking', {}, ({ task }) => {
      task('leak', async ({ ctx }) => {
        const { password = '' } = await ctx.connection('warehouse');
        ctx.log.info({}, `connecting with ${password}`);
        throw new Error(`refused: postgresql://u:${encodeURIComponent(password)}@db, ${password}`, {
          cause: new Error(Buffer.from(password).toString('base64')),
        });
      });
    });
    const report = await run(each);
    const text = JSON.stringify(report) + logLines.join('');
    expect(messageOf(report, 'leak')).toBe('refused: postgresql://u:***@db, ***');
    for (const form of [SECRET, encodeURIComponent(SECRET), Buffer.from(SECRET).toString('base64')]) {
      expect(text).not.toContain(form);
    }
  });
});

describe('a sensor in this process', () => {
  const after = (pokes: number): Operator<object, { readonly pokes: number }> => {
    let count = 0;
    return sensor('after', () => (++count >= pokes ? { pokes: count } : notYet(`${String(count)} so far`)));
  };

  test('is asked again and again, and says why it waits', async () => {
    const each = dag('waiting', {}, ({ task }) => {
      const found = task('wait', after(3), {}, { pokeInterval: '1ms' });
      task('use', ({ args, ctx }) => ctx.log.info({ found: args.found }, 'found'), { found });
    });
    const report = await run(each);
    expect(statesOf(report)).toEqual({ wait: 'success', use: 'success' });
    expect(logLines.join('')).toContain('"reason":"2 so far"');
    expect(logLines.join('')).toContain('"found":{"pokes":3}');
  });

  test('fails when its time is up, or is skipped by softFail', async () => {
    const options = { pokeInterval: '1ms', timeout: '20ms' } as const;
    const each = dag('late', {}, ({ task }) => {
      task('hard', after(Number.POSITIVE_INFINITY), {}, options);
      task('soft', after(Number.POSITIVE_INFINITY), {}, { ...options, softFail: true });
    });
    const report = await run(each);
    expect(statesOf(report)).toEqual({ hard: 'failed', soft: 'skipped' });
    expect(messageOf(report, 'soft')).toMatch(/^timed out after 20 ms; last poke: \d+ so far$/);
  });

  test('fails with its first error, whatever its retries', async () => {
    const broken = sensor('broken', () => Promise.reject(new Error('no route')));
    const each = dag('broken', {}, ({ task }) => void task('wait', broken, {}, { retries: 3 }));
    expect(messageOf(await run(each), 'wait')).toBe('no route');
  });

  test('cannot look at runs of other DAGs: there is no Temporal to ask', async () => {
    const each = dag('alone', {}, ({ task }) => {
      task('wait', waitForDag, { dagId: 'other' });
      task('start', triggerDag, { dagId: 'other' });
    });
    const report = await run(each);
    expect(statesOf(report)).toEqual({ wait: 'failed', start: 'failed' });
    expect(messageOf(report, 'wait')).toBe(
      'Task wait asks for runs of other DAGs, and "airtempo dags test" has no Temporal to ask. ' +
        'Start a real run with "airtempo dags trigger alone".',
    );
  });

  test('takes back what it has begun on an interrupt', async () => {
    const interrupt = new AbortController();
    const taken: string[] = [];
    const begin = sensor(
      'begin',
      () => {
        interrupt.abort();
        return false;
      },
      { onCancel: ({ ctx }) => void taken.push(`${ctx.taskId} ${String(ctx.signal.aborted)}`) },
    );
    const each = dag('interrupted', {}, ({ task }) => void task('wait', begin));
    expect(statesOf(await run(each, { signal: interrupt.signal }))).toEqual({ wait: 'failed' });
    expect(taken).toEqual(['wait false']);
  });
});

describe('an interrupt', () => {
  const interruptible = (gate: ReturnType<typeof createGate>, torn: string[]): Dag =>
    dag('interruptible', {}, ({ task }) => {
      const create = task('create', () => 'cluster').asSetup();
      const work = task('work', async ({ ctx }) => {
        void gate.pass();
        await untilAborted(ctx.signal);
      });
      const after = task('after', () => 1);
      const drop = task(
        'drop',
        ({ args, ctx }) => {
          ctx.signal.throwIfAborted();
          torn.push(args.name);
        },
        { name: create },
      );
      create
        .then(work)
        .then(after)
        .then(drop.asTeardown({ setups: [create] }));
    });

  test('stops running tasks, starts no others, and still runs teardowns to their end', async () => {
    const gate = createGate();
    const torn: string[] = [];
    const interrupt = new AbortController();
    const running = run(interruptible(gate, torn), { signal: interrupt.signal });
    await gate.reached;
    interrupt.abort();
    const report = await running;
    expect(report).toMatchObject({ state: 'failed', cancelled: true });
    expect(statesOf(report)).toMatchObject({ create: 'success', work: 'failed', drop: 'success' });
    expect(statesOf(report)['after']).not.toBe('success');
    expect(torn).toEqual(['cluster']);
  });

  test('that came before the run began lets nothing start', async () => {
    const torn: string[] = [];
    const report = await run(interruptible(createGate(), torn), { signal: AbortSignal.abort() });
    expect(report).toMatchObject({ state: 'failed', cancelled: true });
    expect(Object.values(statesOf(report))).not.toContain('success');
    expect(changes.filter((change) => change.endsWith('running'))).toEqual([]);
    expect(torn).toEqual([]);
  });
});
