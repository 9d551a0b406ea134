import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ensureBinary } from '../../local/binaries/ensure-binary.js';
import { TEMPORAL_BINARY } from '../../local/binaries/temporal-binary.js';
import { createCliProject, type CliProcess, type CliProject } from '../support/cli.js';
import { until } from '../support/engine.js';
import { testStack } from '../support/stack.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const TASK_QUEUE = `cli-${String(process.pid)}`;

const GOOD = `
import { dag, cron } from ${JSON.stringify(API)};
export default dag('greeting', { description: 'Says hello', schedule: cron('0 0 * * *') }, ({ task }) => {
  const who: { id: string } = task('who', () => 'world');
  task('greet', ({ args }) => \`hello \${args.name} on \${args.day}\`, { name: who, day: (run) => run.ds });
});
export const slow = dag('slow', { schedule: cron('0 0 * * *') }, ({ task }) => {
  task('wait', ({ ctx }) => new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))));
});
export const failing = dag('failing', {}, ({ task }) => { task('boom', () => { throw new Error('no luck'); }); });
`;
const BROKEN = `import { dag } from ${JSON.stringify(API)};\nexport default dag('broken', {}, ({ task }) => { task('a', () => 1); task('a', () => 2); });\n`;
const UNCONNECTED = `
import { dag, runSql } from ${JSON.stringify(API)};
export default dag('unconnected', {}, ({ task }) => { task('sql', runSql, { connId: 'warehous', sql: 'select 1' }); });
`;

let project: CliProject;
let worker: CliProcess;

beforeAll(async () => {
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_LOAD_EXAMPLES: 'false',
    AIRTEMPO_TASK_QUEUE: TASK_QUEUE,
  });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await mkdir(path.join(project.dir, 'dags'));
  await mkdir(path.join(project.dir, 'broken'));
  await writeFile(path.join(project.dir, 'dags', 'greeting.ts'), GOOD);
  await writeFile(path.join(project.dir, 'broken', 'broken.ts'), BROKEN);
  await writeFile(path.join(project.dir, 'broken', 'unconnected.ts'), UNCONNECTED);
  worker = project.start(['worker']);
  await until(() => worker.output().includes('worker started'));
});
afterAll(async () => {
  worker.child.kill('SIGTERM');
  await worker.ended;
  await project.remove();
});

describe('the command line', () => {
  test('shows help with examples, and exits 2 for wrong usage', async () => {
    const help = await project.run(['dags', 'trigger', '--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('temporal workflow start --type');
    const wrong = await project.run(['dags', 'trigger']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("missing required argument 'dagId'");
  });

  test('lists and shows DAGs, as text and as JSON', async () => {
    const list = await project.run(['dags', 'list']);
    expect(list.stdout).toMatch(/greeting +0 0 \* \* \* UTC +not deployed +\S+T00:00Z +2 +Says hello/);
    const show = await project.run(['dags', 'show', 'greeting', '--json']);
    expect(JSON.parse(show.stdout)).toMatchObject({
      dagId: 'greeting',
      tasks: [{ id: 'who' }, { id: 'greet', upstream: ['who'] }],
    });
  });

  test('names the nearest DAG when there is no such DAG', async () => {
    const shown = await project.run(['dags', 'show', 'greetings']);
    expect(shown.code).toBe(1);
    expect(shown.stderr).toMatch(/UNKNOWN_DAG: .*"greetings".*Did you mean "greeting"/);
  });

  test('validates: duplicate ids and unknown connections are problems with a place', async () => {
    const good = await project.run(['dags', 'validate']);
    expect(good).toMatchObject({ code: 0, stdout: expect.stringContaining('3 DAGs, no problem') });
    const bad = await project.run(['dags', 'validate', '--json', '--dags', 'broken']);
    expect(bad.code).toBe(1);
    const { problems } = JSON.parse(bad.stdout) as {
      problems: { place: string; code: string; message: string }[];
    };
    expect(problems.map(({ code }) => code).toSorted()).toEqual(['CONNECTION_NOT_FOUND', 'DAG_LOAD_FAILED']);
    expect(problems.find(({ code }) => code === 'DAG_LOAD_FAILED')?.message).toMatch(/broken\.ts.*two tasks/);
    expect(problems.find(({ code }) => code === 'CONNECTION_NOT_FOUND')?.place).toBe(
      'DAG unconnected, task sql',
    );
  });

  test('tests a DAG in one process, without Temporal', async () => {
    const good = await project.run(['dags', 'test', 'greeting', '--logical-date', '2018-11-02', '--json']);
    expect(good.code).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({
      state: 'success',
      run: {
        runId: 'manual__2018-11-02T00:00:00+00:00',
        dataInterval: ['2018-11-02T00:00:00.000Z', '2018-11-03T00:00:00.000Z'],
      },
    });
    const bad = await project.run(['dags', 'test', 'failing']);
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain('no luck');
  });
});

describe('a run started from the command line', () => {
  test('is followed to its end and listed afterwards', async () => {
    const run = await project.run(['dags', 'trigger', 'greeting', '--watch', '--json']);
    expect(run.code).toBe(0);
    const { workflowId, state } = JSON.parse(run.stdout) as { workflowId: string; state: string };
    expect(state).toBe('success');
    expect(run.stderr).toMatch(/success {2}greet/);
    const shown = await project.run(['runs', 'show', workflowId]);
    expect(shown.stdout).toMatch(/greet +✔ success/);
    const listed = await until(async () => {
      const { stdout } = await project.run([
        'runs',
        'list',
        '--dag',
        'greeting',
        '--state',
        'success',
        '--json',
      ]);
      return stdout.includes(workflowId) ? stdout : undefined; // visibility is eventually consistent
    });
    expect(JSON.parse(listed)).toContainEqual(expect.objectContaining({ workflowId, status: 'COMPLETED' }));
  });

  test('starts the same by the temporal command, with the same JSON', async () => {
    const temporal = await ensureBinary(TEMPORAL_BINARY);
    const workflowId = `by-temporal-${String(process.pid)}`;
    const where = ['--address', testStack.temporalAddress(), '--workflow-id', workflowId];
    const what = [
      '--type',
      'greeting',
      '--task-queue',
      TASK_QUEUE,
      '--input',
      '{"logicalDate":"2018-11-02"}',
    ];
    await promisify(execFile)(temporal, ['workflow', 'start', ...where, ...what]);
    const watched = await project.run(['runs', 'watch', workflowId, '--json']);
    expect(JSON.parse(watched.stdout)).toMatchObject({
      state: 'success',
      run: { runId: 'manual__2018-11-02T00:00:00+00:00' },
    });
  });

  test('exits 1 when it fails, and says why', async () => {
    const run = await project.run(['dags', 'trigger', 'failing', '--watch']);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('no luck');
  });

  test('has the workflow id of its date, and is refused while that is running', async () => {
    const day = ['dags', 'trigger', 'slow', '--logical-date', '2018-11-02', '--json'];
    const first = await project.run(day);
    expect(JSON.parse(first.stdout)).toMatchObject({ workflowId: 'slow-2018-11-03T00:00:00Z' });
    const second = await project.run(day);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(
      'DAG slow is running for this date already, as slow-2018-11-03T00:00:00Z',
    );
    const connection = await Connection.connect({ address: testStack.temporalAddress() });
    await new Client({ connection }).workflow.getHandle('slow-2018-11-03T00:00:00Z').cancel();
    await connection.close();
    const watched = await project.run(['runs', 'watch', 'slow-2018-11-03T00:00:00Z']);
    expect(watched.code).toBe(1);
    expect(watched.stderr).toContain('cancelled');
  });

  test('refuses a conf that is not JSON, and a date that does not exist', async () => {
    const conf = await project.run(['dags', 'trigger', 'greeting', '--conf', '{mode:day}']);
    expect(conf.code).toBe(2);
    expect(conf.stderr).toContain('--conf is not a JSON object');
    const date = await project.run(['dags', 'trigger', 'greeting', '--logical-date', '2018-02-30']);
    expect(date.code).toBe(1);
    expect(date.stderr).toContain('"2018-02-30" is not a date');
  });

  test('says how to start Temporal when it does not answer', async () => {
    const lonely = await createCliProject({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
    const listed = await lonely.run(['runs', 'list']);
    expect(listed.code).toBe(1);
    expect(listed.stderr).toMatch(/TEMPORAL_UNREACHABLE: .*127\.0\.0\.1:1.*airtempo dev/);
    await lonely.remove();
  });
});
