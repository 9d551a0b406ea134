/** What the commands that look at runs say, on the real server with a worker of their own. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCliProject, type CliProcess, type CliProject } from '../support/cli.js';
import { until } from '../support/engine.js';
import { testStack } from '../support/stack.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const SUFFIX = String(process.pid);

const DAGS = `
import { dag, cron, empty, fail, skip, runSql } from ${JSON.stringify(API)};
const daily = cron('0 0 * * *');
export default dag('viewed_${SUFFIX}', { schedule: daily }, ({ task }) => {
  const begin = task('begin', empty);
  const load = task('load', ({ ctx }) => {
    ctx.log.info({ rows: 7 * ctx.tryNumber, file: 'day.json' }, 'copied');
    if (ctx.tryNumber === 1) throw new Error('server closed the connection', { cause: new Error('ECONNRESET') });
  }, {}, { retries: 2, retryDelay: '1ms' });
  const check = task('check', () => fail('3 rows without a user'));
  begin.then(load).then(check).then(task('report', () => 1)).then(task('mail', () => 1));
  begin.then(task('sample', () => skip('not a Monday')));
});
export const waiting = dag('waiting_${SUFFIX}', {}, ({ task }) => {
  task('pooled', () => 1, {}, { pool: 'nobody_${SUFFIX}' }).then(task('after', () => 1));
  task('retried', () => { throw new Error('connect ECONNREFUSED'); }, {}, { retries: 3, retryDelay: '1h' });
  task('long', ({ ctx }) => new Promise((_, reject) => {
    ctx.log.info({}, 'holding on');
    ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason));
  }));
});
export const rendered = dag('rendered', { schedule: daily }, ({ task }) => {
  const extract = task('extract', () => 'x');
  task('sql', runSql, {
    connId: 'nowhere',
    sql: 'select {{schema_lock}} where d >= :start -- from the run',
    parameters: (run) => ({ start: run.ds }),
  });
  task('uses', ({ args }) => args.rows, { rows: extract, day: (run) => run.ds });
});
`;

let project: CliProject;
let worker: CliProcess;
let client: Client;
let connection: Connection;
let failedRun = '';
let waitingRun = '';

beforeAll(async () => {
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_LOAD_EXAMPLES: 'false',
    AIRTEMPO_TASK_QUEUE: `views-${SUFFIX}`,
  });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await mkdir(path.join(project.dir, 'dags'));
  await writeFile(path.join(project.dir, 'dags', 'views.ts'), DAGS);
  connection = await Connection.connect({ address: testStack.temporalAddress() });
  client = new Client({ connection });
  worker = project.start(['worker']);
  await until(() => worker.output().includes('worker started'));
  const started = await project.run(['dags', 'trigger', `waiting_${SUFFIX}`, '--json']);
  waitingRun = (JSON.parse(started.stdout) as { workflowId: string }).workflowId;
  for (const day of ['01', '02', '03']) {
    const day_ = `2018-11-${day}`;
    const run = await project.run([
      'dags',
      'trigger',
      `viewed_${SUFFIX}`,
      '--logical-date',
      day_,
      '--watch',
      '--json',
    ]);
    failedRun = (JSON.parse(run.stdout) as { workflowId: string }).workflowId;
  }
});
afterAll(async () => {
  await client.workflow.getHandle(waitingRun).terminate();
  worker.child.kill('SIGTERM');
  await worker.ended;
  await connection.close();
  await project.remove();
});

describe('runs logs', () => {
  test('shows the newest try, or the one that is named, with its error', async () => {
    const newest = await project.run(['runs', 'logs', failedRun, 'load']);
    expect(newest.stderr).toMatch(/^try 2 of 2 /);
    expect(newest.stdout).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}INFO {3}copied {2}rows=14 {2}file=day\.json$/m);
    const first = await project.run(['runs', 'logs', failedRun, 'load', '--try', '1']);
    expect(first.stdout).toMatch(
      /WARN {3}try failed {2}state=failed\n +Error: server closed the connection: ECONNRESET/,
    );
    expect(first.stdout).toContain('caused by: Error: ECONNRESET');
    expect(first.stdout).not.toContain('@temporalio');
    const json = await project.run(['runs', 'logs', failedRun, 'load', '--try', '1', '--json']);
    const lines = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string });
    expect(lines.map(({ msg }) => msg)).toEqual(['task started', 'copied', 'try failed']);
  });

  test('says which tries there are, and why a task has no log', async () => {
    const missing = await project.run(['runs', 'logs', failedRun, 'load', '--try', '3']);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/LOG_NOT_FOUND: There is no log of try 3 .*tries 1, 2/);
    const unstarted = await project.run(['runs', 'logs', failedRun, 'report']);
    expect(unstarted.stderr).toContain('it is upstream_failed and has not started');
    const empty = await project.run(['runs', 'logs', failedRun, 'begin']);
    expect(empty.stderr).toContain('it is empty, and no worker runs it');
    const unknown = await project.run(['runs', 'logs', failedRun, 'laod']);
    expect(unknown.stderr).toMatch(/UNKNOWN_ID: .*"laod".*Did you mean "load"/);
    const noRun = await project.run(['runs', 'logs', 'no-such-run', 'load']);
    expect(noRun.stderr).toContain('RUN_NOT_FOUND');
  });

  test('can be followed while the task runs', async () => {
    const following = project.start(['runs', 'logs', waitingRun, 'long', '--follow']);
    await until(() => following.output().includes('holding on'));
    following.child.kill('SIGKILL');
    await following.ended;
    const ended = await project.run(['runs', 'logs', failedRun, 'load', '--follow', '--try', '1']);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/rows=7[\s\S]*rows=14/);
  });
});

describe('runs show', () => {
  test('has tries, states and reasons of an ended run', async () => {
    const shown = await project.run(['runs', 'show', failedRun]);
    expect(shown.stdout).toMatch(/^viewed_\d+ {2}manual__2018-11-03T00:00:00\+00:00 {2}✘ failed/);
    expect(shown.stdout).toContain('data interval 2018-11-03 to 2018-11-04');
    expect(shown.stdout).toMatch(/^load +✔ success +2 +\d\d:\d\d:\d\d/m);
    expect(shown.stdout).toMatch(/^check +✘ failed +1 .* 3 rows without a user$/m);
    expect(shown.stdout).toMatch(/^report +⊘ upstream_failed/m);
    const json = await project.run(['runs', 'show', failedRun, '--json']);
    const { tasks } = JSON.parse(json.stdout) as { tasks: { id: string; tries?: number }[] };
    expect(tasks.find(({ id }) => id === 'load')?.tries).toBe(2);
  });

  test('draws what has started as bars', async () => {
    const { stdout } = await project.run(['runs', 'show', failedRun, '--gantt']);
    expect(stdout).toMatch(/^sample +━+ /m);
    expect(stdout).toMatch(/\d\d:\d\d:\d\d UTC +\+.* \+/);
    expect(stdout).not.toContain('report');
    expect(
      Math.max(
        ...stdout
          .split('\n')
          .filter((line) => line.includes('━'))
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(100);
  });

  test('tells a task that waits for a worker from one that waits for its next try', async () => {
    const { stdout } = await project.run(['runs', 'show', waitingRun]);
    expect(stdout).toMatch(/^pooled +◌ queued +1/m);
    expect(stdout).toMatch(/^retried +↻ up_for_retry +2 of 4 .*next try in ([45]\d min|1 h)/m);
    expect(stdout).toMatch(/^long +▶ running +1/m);
    const json = await project.run(['runs', 'show', waitingRun, '--json']);
    expect(json.stdout).toMatch(/connect ECONNREFUSED/); // whole, where the table may lack the room
  });
});

describe('explain', () => {
  test('follows a failure to its cause', async () => {
    const { stdout, code } = await project.run(['explain', failedRun]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /✘ failed {2}check\n +3 rows without a user\n +its log: airtempo runs logs \S+ check/,
    );
    expect(stdout).toMatch(
      /⊘ upstream_failed {2}mail\n +trigger rule all_success .*\n +because of check, which failed: 3 rows without a user\n +check → report → mail/,
    );
    expect(stdout).toMatch(/↷ skipped {2}sample\n +not a Monday/);
    expect(stdout).not.toMatch(/ load\b.*\n +is success/);
  });

  test('says what a waiting task waits for: a pool nobody serves, its next try, another task', async () => {
    const { stdout } = await project.run(['explain', waitingRun]);
    expect(stdout).toMatch(
      /◌ queued {2}pooled\n +waits for .* for a slot of pool nobody_\d+: no worker polls the task queue nobody_\d+\n +serve it: airtempo worker --pool/,
    );
    expect(stdout).toMatch(
      /↻ up_for_retry {2}retried {2}try 2 of 4\n +try 2 starts in ([45]\d min|1 h) .* UTC\n +try 1 failed: connect ECONNREFUSED/,
    );
    expect(stdout).toMatch(/▶ running {2}long\n +runs for .* on worker /);
    expect(stdout).toMatch(
      /· none {2}after\n.*upstream: 1 not done\n +waits for pooled, which waits for a worker/,
    );
  });

  test('answers for one task as JSON, and refuses one that the run has not', async () => {
    const { stdout } = await project.run(['explain', failedRun, 'mail', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      run: { workflowId: failedRun, state: 'failed' },
      tasks: [
        { taskId: 'mail', causes: [{ taskId: 'check', via: ['report'], message: '3 rows without a user' }] },
      ],
    });
    const unknown = await project.run(['explain', failedRun, 'mial']);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('Did you mean "mail"');
  });

  test('says when the Schedule of the DAG starts it next, also for a run that is not there', async () => {
    const dagId = `viewed_${SUFFIX}`;
    const schedule = await client.schedule.create({
      scheduleId: dagId,
      spec: { calendars: [{ year: 2099, month: 'JANUARY', dayOfMonth: 2, hour: 3 }] },
      action: { type: 'startWorkflow', workflowType: dagId, taskQueue: `views-${SUFFIX}` },
    });
    const told = await project.run(['explain', failedRun]);
    expect(told.stdout).toMatch(/The DAG runs next in .*, at 2099-01-02 03:00 UTC\./);
    const missing = await project.run(['explain', `${dagId}-2099-01-02T03:00:00Z`]);
    expect(missing.stderr).toContain(`The Schedule of DAG ${dagId} runs next at 2099-01-02T03:00:00.000Z.`);
    await schedule.pause('holidays');
    const paused = await project.run(['explain', failedRun]);
    expect(paused.stdout).toContain("The DAG's schedule is paused: holidays.");
    await schedule.delete();
  });

  test('says that no worker is there', async () => {
    const handle = await client.workflow.start('orphan', {
      workflowId: `orphan-${SUFFIX}`,
      taskQueue: `none-${SUFFIX}`,
    });
    const { stdout } = await project.run(['explain', handle.workflowId]);
    expect(stdout).toContain(`The run waits: no worker polls the task queue none-${SUFFIX}.`);
    await handle.terminate();
  });
});

describe('dags grid and runs list', () => {
  test('show the runs of a DAG by logical date', async () => {
    const grid = await until(async () => {
      const { stdout } = await project.run(['dags', 'grid', `viewed_${SUFFIX}`]);
      return stdout.includes(' 01 02 03') ? stdout : undefined; // visibility is eventually consistent
    });
    expect(grid).toMatch(/^ +2018-11$/m);
    expect(grid).toMatch(/^ +day {2}01 02 03$/m);
    expect(grid).toMatch(/^viewed_\d+ +✘ {2}✘ {2}✘/m);
    expect(grid).toMatch(/^load +✔ {2}✔ {2}✔/m);
    expect(grid).toMatch(/✔ success.*⊘ upstream_failed/);
    const json = await project.run(['dags', 'grid', `viewed_${SUFFIX}`, '-n', '1', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      runs: [
        {
          workflowId: failedRun,
          logicalDate: '2018-11-03T00:00:00.000Z',
          tasks: { load: 'success', mail: 'upstream_failed' },
        },
      ],
    });
    const none = await project.run(['dags', 'grid', 'no_such_dag']);
    expect(none.stderr).toContain('Temporal knows no run of DAG "no_such_dag"');
    const list = await project.run(['runs', 'list', '--dag', `viewed_${SUFFIX}`, '--json']);
    expect(JSON.parse(list.stdout)).toContainEqual(
      expect.objectContaining({
        runId: 'manual__2018-11-03T00:00:00+00:00',
        runType: 'manual',
        logicalDate: '2018-11-03T00:00:00.000Z',
      }),
    );
  });
});

describe('tasks render', () => {
  test('prints SQL with named parameters, for the dialect, without a connection', async () => {
    const args = ['tasks', 'render', 'rendered', 'sql', '--logical-date', '2018-11-02'];
    const postgres = await project.run(args);
    expect(postgres.code).toBe(0);
    expect(postgres.stdout).toContain('"connId": "nowhere"');
    expect(postgres.stdout).toContain('select pg_advisory_xact_lock');
    expect(postgres.stdout).toMatch(/where d >= :start\n-- {3}:start = "2018-11-02"/);
    const redshift = await project.run([...args, '--dialect', 'redshift', '--json']);
    expect(JSON.parse(redshift.stdout)).toMatchObject({
      sql: [
        {
          text: 'select 1 where d >= :start', // as it is sent: comments stay behind
          parameters: { start: '2018-11-02' },
          dialect: 'redshift',
        },
      ],
    });
  });

  test('stands in for outputs of other tasks, and names unknown tasks', async () => {
    const uses = await project.run([
      'tasks',
      'render',
      'rendered',
      'uses',
      '--logical-date',
      '2018-11-02',
      '--json',
    ]);
    expect(JSON.parse(uses.stdout)).toMatchObject({
      args: { rows: '<output of extract>', day: '2018-11-02' },
      sql: [],
    });
    const unknown = await project.run(['tasks', 'render', 'rendered', 'slq']);
    expect(unknown.stderr).toMatch(/UNKNOWN_ID: DAG rendered has no task "slq"/);
  });
});

test('dags show draws the graph, alone or as Mermaid', async () => {
  const graph = await project.run(['dags', 'show', `viewed_${SUFFIX}`, '--graph']);
  expect(graph.stdout).toMatch(/^● +begin +empty\n[\s\S]*load +inline · 2 × retry after 1 ms/);
  const all = await project.run(['dags', 'show', `viewed_${SUFFIX}`]);
  expect(all.stdout).toContain(graph.stdout.trim());
  const mermaid = await project.run(['dags', 'show', `viewed_${SUFFIX}`, '--mermaid']);
  expect(mermaid.stdout).toMatch(/^flowchart LR\n {2}t0\["begin<br\/>empty"\]/);
});
