import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { dag, fail, type Dag } from '../../index.js';
import type { RunReport } from '../../workflows/run-report.js';
import { finishRun, startEngine, until, type Engine } from '../support/engine.js';
import { createGate } from './support/gate.js';

const loading = createGate();
const halfway = dag('halfway', {}, ({ task }) => {
  const extract = task('extract', () => 1);
  const load = task('load', () => loading.pass());
  extract.then(load).then(task('report', () => fail('no | printer\nthere')));
});

const wide = dag('wide', { maxActiveTasks: 300 }, ({ task }) => {
  for (let index = 0; index < 300; index += 1) {
    task(`t${String(index)}`, () => (index % 100 === 7 ? fail(`reason ${String(index)}`) : index));
  }
});

const talkative = dag('talkative', { maxActiveTasks: 500 }, ({ task }) => {
  for (let index = 0; index < 1_000; index += 1) task(`t${String(index)}`, () => fail('x'.repeat(10_000)));
});

/** A DAG whose graph cannot be read the first two times, as while a disk is slow. */
function readableLater(id: string): Dag {
  let reads = 0;
  const plain = dag(id, {}, ({ task }) => void task('load', () => 1));
  return new Proxy(plain, {
    get(target, key, receiver) {
      if (key === 'graph' && (reads += 1) <= 2) throw new Error('not yet');
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
}
const slowlyPlanned = readableLater('slowly_planned');

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine([halfway, wide, talkative, slowlyPlanned]);
});
afterAll(() => engine.stop());

const queryState = (handle: WorkflowHandle): Promise<RunReport> => handle.query<RunReport, []>('state');

async function detailsOf(handle: WorkflowHandle): Promise<string> {
  const metadata = await handle.query<{ currentDetails: string }, []>('__temporal_workflow_metadata');
  return metadata.currentDetails;
}

describe('the state query', () => {
  test('is answered in mid-run, and again after the end', async () => {
    const handle = await engine.start(halfway);
    await loading.reached;
    const during = await until(async () => {
      const report = await queryState(handle);
      return report.tasks[1]?.state === 'running' ? report : undefined;
    });
    expect(during).toMatchObject({
      dagId: 'halfway',
      state: 'running',
      cancelled: false,
      counts: { success: 1, running: 1, none: 1 },
      tasks: [
        { id: 'extract', operator: 'inline', state: 'success', durationMs: expect.any(Number) },
        { id: 'load', state: 'running', startedAt: expect.stringMatching(/Z$/) },
        { id: 'report', state: 'none' },
      ],
    });
    loading.open();
    const run = await finishRun(handle);
    await engine.redeploy([halfway, wide, talkative, slowlyPlanned]); // answered by a replay now
    expect(await queryState(handle)).toEqual(run.report);
  });

  test('is answered before the run has been planned', async () => {
    const handle = await engine.client.workflow.start(slowlyPlanned.id, {
      taskQueue: engine.taskQueue,
      workflowId: `${slowlyPlanned.id}-${engine.taskQueue}`,
      workflowTaskTimeout: '1s', // so that the first Workflow Task ends while planning goes on
    });
    expect(await queryState(handle)).toEqual({
      dagId: 'slowly_planned',
      state: 'running',
      cancelled: false,
      counts: {},
      tasks: [],
    });
    expect((await finishRun(handle)).states).toEqual({ load: 'success' });
  });

  test('has room for a thousand long failures', async () => {
    const run = await engine.run(talkative);
    expect(run.report.counts).toEqual({ failed: 1_000 });
    // those that fail first have the most room, whichever they are
    const messages = run.report.tasks.map(({ message = '' }) => message).sort((a, b) => b.length - a.length);
    expect(messages[0]).toMatch(/^x{4000} … \(cut\)$/);
    expect(messages.at(-1)).toMatch(/^x{40}…$/);
    expect(messages.join('').length).toBeLessThan(150_000);
  });
});

describe('the current details', () => {
  test('are a table of the tasks, as far as they have come', async () => {
    const run = await engine.run(halfway);
    const lines = (await detailsOf(run.handle)).split('\n');
    expect(lines[0]).toMatch(/^\*\*manual__\S+\*\* · failed · 2 success, 1 failed$/);
    expect(lines.slice(3, 5)).toEqual(['| task | operator | state | duration |', '|---|---|---|---|']);
    expect(lines[5]).toMatch(/^\| extract \| inline \| ✔ success \| \d+\.\d s \|$/);
    expect(lines[7]).toMatch(/^\| report \| inline \| ✘ failed: no \s+printer there \| \d+\.\d s \|$/);
    expect(lines).toHaveLength(8);
  });

  test('of a large run name what failed, and count the rest', async () => {
    const run = await engine.run(wide);
    const lines = (await detailsOf(run.handle)).split('\n');
    expect(lines[0]).toContain('297 success, 3 failed');
    expect(lines.slice(5).map((line) => line.split(' ')[1])).toEqual(
      expect.arrayContaining(['t7', 't107', 't207']),
    );
    expect(lines).toHaveLength(8);
  });
});
