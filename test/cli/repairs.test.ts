/** The commands that repair runs, and the same repairs by Temporal's own command line. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { approval, cron, dag } from '../../index.js';
import { updateRun } from '../../cli/repair/ask-run.js';
import { findRun } from '../../cli/repair/find-run.js';
import { ensureBinary } from '../../local/binaries/ensure-binary.js';
import { TEMPORAL_BINARY } from '../../local/binaries/temporal-binary.js';
import type { RunReport } from '../../workflows/run-report.js';
import { createCliProject, type CliProject, type CliResult } from '../support/cli.js';
import { finishRun, startEngine, until, type Engine } from '../support/engine.js';
import { createSteeredWork } from '../support/steered-work.js';
import { testStack } from '../support/stack.js';

const steered = createSteeredWork();
const { calls, failing, holding, work } = steered;

const ID = randomUUID().slice(0, 8);
const defaultArgs = { heartbeatTimeout: '2s' } as const;
const nightly = dag(`cli_nightly_${ID}`, { defaultArgs, schedule: cron('0 0 * * *') }, ({ task }) => {
  task('extract', work).then(task('load', work)).then(task('check', work));
  task('other', work);
});
const patient = dag(
  `cli_patient_${ID}`,
  { defaultArgs: { ...defaultArgs, retries: 1, retryDelay: '1h' } },
  ({ task }) => task('load', work),
);
const decided = dag(`cli_decided_${ID}`, { defaultArgs }, ({ task }) => {
  task('sign', approval).then(task('publish', work));
});

let engine: Engine;
let project: CliProject;
let temporal: string;
beforeAll(async () => {
  engine = await startEngine([nightly, patient, decided]);
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_UI_URL: 'http://ui.test',
    AIRTEMPO_LOAD_EXAMPLES: 'false',
  });
  temporal = await ensureBinary(TEMPORAL_BINARY);
});
afterAll(async () => {
  await project.remove();
  await engine.stop();
});
beforeEach(() => {
  steered.reset();
});

async function start(dagId: string): Promise<WorkflowHandle> {
  return engine.start({ id: dagId });
}

async function untilTask(handle: WorkflowHandle, id: string, state: string): Promise<void> {
  await until(async () => {
    const { tasks } = await handle.query<RunReport, []>('state');
    return tasks.some((task) => task.id === id && task.state === state);
  });
}

/** A run of the nightly DAG in which `load` failed. */
async function failAtLoad(input?: object): Promise<WorkflowHandle> {
  failing.add('load');
  const { handle, status } = await engine.run(nightly, input);
  expect(status).toBe('FAILED');
  failing.clear();
  return engine.client.workflow.getHandle(handle.workflowId);
}

const readClearing = ({ stdout }: CliResult): Clearing => JSON.parse(stdout) as Clearing;

interface Clearing {
  readonly dryRun: boolean;
  readonly runs: readonly {
    readonly workflowId: string;
    readonly executionId?: string;
    readonly tasks: readonly { readonly id: string; readonly state: string }[];
    readonly url?: string;
  }[];
}

describe('tasks clear', () => {
  test('shows what it would clear, and clears nothing where nobody can answer', async () => {
    const handle = await failAtLoad();
    const asked = await project.run(['tasks', 'clear', handle.workflowId, '--only-failed']);
    expect(asked.code).toBe(2);
    expect(asked.stderr).toMatch(/load +✘ failed/);
    expect(asked.stderr).toMatch(/check +⊘ upstream_failed/);
    expect(asked.stderr).toContain('Clear 2 tasks of this run, and take it up again? Nobody can answer');
    const dry = await project.run(['tasks', 'clear', handle.workflowId, 'load', '-d', '--dry-run', '--json']);
    expect(readClearing(dry)).toMatchObject({
      dryRun: true,
      runs: [
        {
          workflowId: handle.workflowId,
          status: 'FAILED',
          tasks: [
            { id: 'load', state: 'failed' },
            { id: 'check', state: 'upstream_failed' },
          ],
        },
      ],
    });
    expect(calls.get('load')).toBe(1);
  });

  test('takes a failed run up again, keeps the rest, and follows it to its end', async () => {
    const handle = await failAtLoad();
    const cleared = await project.run([
      'tasks',
      'clear',
      handle.workflowId,
      '--only-failed',
      '-y',
      '--watch',
    ]);
    expect(cleared).toMatchObject({ code: 0 });
    expect(cleared.stdout).toContain('cleared 2 tasks, and took the run up again');
    expect(cleared.stdout).toContain(`http://ui.test/namespaces/default/workflows/${handle.workflowId}/`);
    expect((await finishRun(handle)).status).toBe('COMPLETED');
    expect(Object.fromEntries(calls)).toEqual({ extract: 1, load: 2, check: 1, other: 1 });
  });

  test('fails with --watch when the run fails again', async () => {
    const handle = await failAtLoad();
    failing.add('load');
    const cleared = await project.run(['tasks', 'clear', handle.workflowId, '-t', 'load', '-y', '-w']);
    expect(cleared).toMatchObject({ code: 1, stderr: expect.stringContaining('load broke') });
  });

  test('clears in a running run without ending it', async () => {
    holding.add('other');
    failing.add('load');
    const handle = await start(nightly.id);
    await untilTask(handle, 'check', 'upstream_failed');
    failing.clear();
    const cleared = await project.run(['tasks', 'clear', handle.workflowId, 'load', 'check', '-y', '--json']);
    const { runId } = await handle.describe();
    expect(readClearing(cleared).runs[0]).toMatchObject({ executionId: runId, done: 'cleared 2 tasks' });
    await untilTask(handle, 'check', 'success');
    holding.clear();
    expect((await finishRun(handle)).status).toBe('COMPLETED');
  });

  test('clears the runs of a DAG between two logical dates, and leaves out those with nothing to clear', async () => {
    const days = ['2018-11-01', '2018-11-02', '2018-11-03'];
    const [before, first] = [
      await failAtLoad({ logicalDate: days[0] }),
      await failAtLoad({ logicalDate: days[1] }),
    ];
    const fine = await engine.run(nightly, { logicalDate: days[2] });
    expect(fine.status).toBe('COMPLETED');
    const range = ['--dag', nightly.id, '--start-date', '2018-11-02', '--end-date', '2018-11-03'];
    await until(async () => {
      const { stdout } = await project.run([
        'runs',
        'list',
        '--dag',
        nightly.id,
        '--task-queue',
        engine.taskQueue,
      ]);
      return days.length <= stdout.split('\n').filter((line) => line.includes(nightly.id)).length;
    });
    const cleared = await project.run(['tasks', 'clear', ...range, '--only-failed', '-y', '-w', '--json']);
    expect(cleared.stderr).toContain('1 of 2 runs have nothing to clear');
    expect(readClearing(cleared).runs.map(({ workflowId }) => workflowId)).toEqual([first.workflowId]);
    expect((await finishRun(first)).status).toBe('COMPLETED');
    expect((await before.describe()).status.name).toBe('FAILED');
  });

  test.each<[string, readonly string[], string]>([
    ['without a run', [], 'Name a run by its workflow id'],
    ['of a run that is unknown', ['nope', '-y'], 'RUN_NOT_FOUND'],
    ['of dates without a DAG', ['x', '--start-date', '2018-11-01'], 'go with --dag'],
    ['of a DAG without dates', ['--dag', 'x'], 'every run there is'],
    ['of dates without runs', ['--dag', `none_${ID}`, '-s', '2018-11-01'], 'has no run with a logical date'],
    [
      'between dates the wrong way round',
      ['--dag', 'x', '-s', '2018-11-02', '-e', '2018-11-01'],
      'Swap them',
    ],
  ])('is refused %s', async (_, args, message) => {
    const { code, stderr } = await project.run(['tasks', 'clear', ...args]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });

  test('says what is wrong with the tasks before anything happens', async () => {
    const handle = await failAtLoad();
    const refusalOf = async (...args: readonly string[]): Promise<string> =>
      (await project.run(['tasks', 'clear', handle.workflowId, ...args, '-y'])).stderr;
    expect(await refusalOf('-t', 'lod')).toContain('No task matches "lod"');
    expect(await refusalOf('lod')).toContain('names task "lod"');
    expect(await refusalOf('extract', '--only-failed')).toContain('nothing to clear');
    expect((await handle.describe()).status.name).toBe('FAILED');
  });

  test('of a run that was never planned says how to go on', async () => {
    const { handle } = await engine.run(nightly, { logicalDay: '2018-11-01' });
    const refused = await project.run(['tasks', 'clear', handle.workflowId, '-y']);
    expect(refused.stderr).toContain('ended as FAILED before it had any tasks');
    expect(refused.stderr).toContain(`airtempo dags trigger ${nightly.id} --logical-date`);
  });

  test('says when there is no worker to ask', async () => {
    const handle = await engine.client.workflow.start(nightly.id, {
      taskQueue: `nobody-${ID}`,
      workflowId: `nobody-${ID}`,
    });
    const refused = await project.run(['tasks', 'clear', handle.workflowId, '-y']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('NO_WORKER') });
    expect(refused.stderr).toContain(`task queue nobody-${ID}`);
    await handle.terminate();
  });
});

test('a run that ends between the look at it and the update is found to be closed', async () => {
  const { workflowId } = await failAtLoad();
  const run = { ...(await findRun(engine.client, workflowId)), status: 'RUNNING' };
  expect(await updateRun(engine.client, run, 'clear', { onlyFailed: true })).toBe('closed');
});

describe('runs rerun', () => {
  test('runs again what failed, or everything', async () => {
    const handle = await failAtLoad();
    expect(await project.run(['runs', 'rerun', handle.workflowId, '--failed', '-y', '-w'])).toMatchObject({
      code: 0,
    });
    expect(Object.fromEntries(calls)).toEqual({ extract: 1, load: 2, check: 1, other: 1 });
    const nothing = await project.run(['runs', 'rerun', handle.workflowId, '-y']);
    expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('No task of the run') });
    expect(await project.run(['runs', 'rerun', handle.workflowId, '--all', '-y', '-w'])).toMatchObject({
      code: 0,
    });
    expect(Object.fromEntries(calls)).toEqual({ extract: 2, load: 3, check: 2, other: 2 });
  });

  test('of a cancelled run also runs what was never started', async () => {
    holding.add('load');
    const handle = await start(nightly.id);
    await untilTask(handle, 'load', 'running');
    expect(await project.run(['runs', 'cancel', handle.workflowId, '-y', '--watch'])).toMatchObject({
      code: 1,
    });
    holding.clear();
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    const rerun = await project.run(['runs', 'rerun', handle.workflowId, '--failed', '-y', '-w']);
    expect(rerun).toMatchObject({ code: 0 });
    expect(Object.fromEntries(calls)).toEqual({ extract: 1, load: 2, check: 1, other: 1 });
  });

  test('of a terminated run goes on where it stopped', async () => {
    holding.add('load');
    const handle = await start(nightly.id);
    await untilTask(handle, 'load', 'running');
    await untilTask(handle, 'other', 'success');
    await handle.terminate();
    holding.clear();
    const rerun = await project.run(['runs', 'rerun', handle.workflowId, '--failed', '-y', '-w']);
    expect(rerun).toMatchObject({ code: 0, stdout: expect.stringContaining('where it stopped') });
    expect(Object.fromEntries(calls)).toMatchObject({ extract: 1, check: 1, other: 1 });
  });
});

describe('marking', () => {
  test('a task of a closed run takes the run up again, and clearing the rest completes it', async () => {
    const handle = await failAtLoad();
    const mark = ['tasks', 'mark', handle.workflowId, 'load', 'success', '--note', 'by hand', '-w', '--json'];
    expect(await project.run(mark)).toMatchObject({ code: 1 }); // check is still upstream_failed
    expect(await project.run(['tasks', 'clear', handle.workflowId, '-f', '-y', '-w'])).toMatchObject({
      code: 0,
    });
    const { report } = await finishRun(handle);
    expect(report.tasks.find(({ id }) => id === 'load')?.message).toContain('by hand');
    expect(calls.get('load')).toBe(1);
  });

  test('a closed run gives it another result, and runs nothing', async () => {
    const handle = await failAtLoad();
    const marked = await project.run(['runs', 'mark', handle.workflowId, 'success', '-y', '-w']);
    expect(marked).toMatchObject({ code: 0 });
    expect((await finishRun(handle)).status).toBe('COMPLETED');
    const again = await project.run([
      'runs',
      'mark',
      handle.workflowId,
      'failed',
      '--note',
      'no, wrong',
      '-y',
      '-w',
    ]);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('no, wrong') });
    expect(calls.get('load')).toBe(1);
  });

  test('is refused for a task that the run does not have', async () => {
    const handle = await failAtLoad();
    const refused = await project.run(['tasks', 'mark', handle.workflowId, 'lod', 'success']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('names task "lod"') });
    const state = await project.run(['tasks', 'mark', handle.workflowId, 'load', 'done']);
    expect(state).toMatchObject({ code: 2, stderr: expect.stringContaining('success, failed, skipped') });
  });
});

describe('a running run', () => {
  test('is paused and resumed', async () => {
    holding.add('extract');
    const handle = await start(nightly.id);
    await untilTask(handle, 'extract', 'running');
    expect((await project.run(['runs', 'pause', handle.workflowId])).stdout).toContain('paused the run');
    holding.clear();
    await untilTask(handle, 'extract', 'success');
    expect(calls.has('load')).toBe(false);
    expect((await project.run(['runs', 'resume', handle.workflowId])).stdout).toContain('resumed the run');
    expect((await finishRun(handle)).status).toBe('COMPLETED');
    const late = await project.run(['runs', 'pause', handle.workflowId]);
    expect(late).toMatchObject({ code: 2, stderr: expect.stringContaining('has ended (COMPLETED)') });
  });

  test('does not wait an hour for a next try', async () => {
    failing.add('load');
    const handle = await start(patient.id);
    await until(async () =>
      (await handle.describe()).raw.pendingActivities?.some(({ attempt }) => attempt === 2),
    );
    failing.clear();
    const retried = await project.run(['tasks', 'retry', handle.workflowId, 'load', '--watch']);
    expect(retried).toMatchObject({ code: 0, stderr: expect.stringContaining('load is tried again now') });
  });

  test('waits for an approval, which keeps who decided', async () => {
    const handle = await start(decided.id);
    await untilTask(handle, 'sign', 'running');
    const wrong = await project.run(['tasks', 'approve', handle.workflowId, 'publish']);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('waits for no decision') });
    const args = ['tasks', 'approve', handle.workflowId, 'sign', '--by', 'Ada', '--comment', 'fine', '-w'];
    expect(await project.run(args)).toMatchObject({ code: 0 });
    const other = await start(decided.id);
    await untilTask(other, 'sign', 'running');
    const rejected = await project.run(['tasks', 'reject', other.workflowId, 'sign', '--watch', '--json']);
    expect((JSON.parse(rejected.stdout) as RunReport).tasks).toMatchObject([
      { state: 'success' },
      { state: 'skipped' },
    ]);
  });
});

describe("Temporal's own command line", () => {
  async function run(
    ...args: readonly string[]
  ): Promise<{ readonly stdout: string; readonly stderr: string }> {
    const where = ['--address', testStack.temporalAddress()];
    return promisify(execFile)(temporal, [...args, ...where]).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
  }

  test('makes the same repairs, and prints why one is refused', async () => {
    holding.add('other');
    failing.add('load');
    const handle = await start(nightly.id);
    await untilTask(handle, 'check', 'upstream_failed');
    failing.clear();
    const update = (name: string, input: object): ReturnType<typeof run> =>
      run(
        'workflow',
        'update',
        'execute',
        '-w',
        handle.workflowId,
        '--name',
        name,
        '--input',
        JSON.stringify(input),
      );
    const refused = await update('clear', { taskRegex: 'lod' });
    expect(refused.stderr + refused.stdout).toMatch(
      /No task matches .*"lod.*Did you mean .*"load.*type: INVALID_ARGUMENT, retryable: false/,
    );
    const preview = { update: 'clear', input: { taskRegex: '^load$', downstream: true } };
    const shown = await run('workflow', 'query', '-w', handle.workflowId, '--name', 'preview', '--input', JSON.stringify(preview)); // prettier-ignore
    expect(shown.stdout).toContain('upstream_failed');
    expect((await update('clear', preview.input)).stdout).toContain('cleared 2 tasks');
    await untilTask(handle, 'check', 'success');
    expect((await update('mark_task', { task: 'other', state: 'skipped' })).stdout).toContain('marked other');
    expect((await finishRun(handle)).states).toMatchObject({ check: 'success', other: 'skipped' });
  });
});
