/** `airtempo backfill`, and the same backfill from the `temporal` command: a worker of its own, real runs. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { ensureBinary } from '../../local/binaries/ensure-binary.js';
import { TEMPORAL_BINARY } from '../../local/binaries/temporal-binary.js';
import type { BackfillReport } from '../../workflows/backfill-report.js';
import { createCliProject, type CliProcess, type CliProject, type CliResult } from '../support/cli.js';
import { until } from '../support/engine.js';
import { testStack } from '../support/stack.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const suffix = randomUUID().slice(0, 8);
const taskQueue = `backfill-cli-${suffix}`;
const dagFile = (folder: string): string => `
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { cron, dag, fail } from ${JSON.stringify(API)};
const build = ({ task }) => task('load', async ({ ctx }) => {
  while (existsSync(${JSON.stringify(path.join(folder, 'hold'))})) await delay(20);
  if (existsSync(${JSON.stringify(folder)} + '/' + ctx.ds)) fail('the file of ' + ctx.ds + ' is broken');
});
const options = { schedule: cron('0 0 * * *'), startDate: '2018-11-01' };
export const plays = dag('plays_${suffix}', options, build);
export const songs = dag('songs_${suffix}', options, build);
export const users = dag('users_${suffix}', options, build);
`;

let project: CliProject;
let worker: CliProcess;
let connection: Connection;

beforeAll(async () => {
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_TASK_QUEUE: taskQueue,
    AIRTEMPO_LOAD_EXAMPLES: 'false',
  });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await writeFile(path.join(project.dir, 'dags.ts'), dagFile(project.dir));
  connection = await Connection.connect({ address: testStack.temporalAddress() });
  worker = project.start(['worker', '--dags', 'dags.ts']);
  await until(() => worker.output().includes('worker started'));
});
afterAll(async () => {
  worker.child.kill('SIGTERM');
  await worker.ended;
  await connection.close();
  await project.remove();
});

const backfill = (...args: readonly string[]): Promise<CliResult> => project.run(['backfill', ...args]);
const range = (from: string, to: string): readonly string[] => [
  '--from',
  `2018-11-${from}`,
  '--to',
  `2018-11-${to}`,
];
const json = (result: CliResult): Record<string, unknown> =>
  JSON.parse(result.stdout) as Record<string, unknown>;
const write = (name: string): Promise<void> => writeFile(path.join(project.dir, name), '');
const remove = (name: string): Promise<void> => rm(path.join(project.dir, name));

test('a dry run lists the dates and starts nothing; a watched one tells of each date', async () => {
  const dag = `plays_${suffix}`;
  const dry = await backfill('create', dag, ...range('01', '03'), '--dry-run');
  expect(dry).toMatchObject({ code: 0, stderr: expect.any(String) });
  expect(dry.stdout).toMatch(/2018-11-01 +none +would be run/);
  expect(dry.stdout).toContain('3 of 3 dates would be run. Nothing was started.');
  await write('2018-11-02');
  const failed = await backfill('create', dag, ...range('01', '03'), '--watch');
  await remove('2018-11-02');
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/✔ done {2}2018-11-01/);
  expect(failed.stderr).toMatch(/✘ failed {2}2018-11-02 .*the file of 2018-11-02 is broken/);
  expect(failed.stderr).toMatch(/1 of 3 dates failed\. Failed: 2018-11-02/);
  const shown = await backfill('show', dag);
  expect(shown.stdout).toMatch(/2018-11-01 to 2018-11-03 +failed\n█+ 3\/3 +2 done, 1 failed/);
  const rest = await backfill(
    'create',
    dag,
    ...range('01', '03'),
    '--reprocess',
    'failed',
    '--watch',
    '--json',
  );
  expect(rest.code).toBe(0);
  expect(json(rest)).toMatchObject({ status: 'COMPLETED', counts: { done: 1, skipped: 2 } });
  const again = json(await backfill('create', dag, ...range('01', '04'), '--dry-run', '--json'));
  expect(again).toMatchObject({ total: 4, counts: { skipped: 3, left: 1 } });
});

test('pause, unpause, list and cancel take the id or the DAG', async () => {
  const dag = `songs_${suffix}`;
  await write('hold');
  const started = await backfill('create', dag, ...range('01', '06'), '--max-active-runs', '2', '--json');
  const { id, total } = json(started);
  expect(total).toBe(6);
  const refused = await backfill('create', dag, ...range('01', '02'));
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`INVALID_BACKFILL: DAG ${dag} has an active backfill, ${String(id)}`);
  await until(
    async () => (json(await backfill('show', dag, '--json'))['counts'] as { running: number }).running === 2,
  );
  expect((await backfill('pause', dag)).stdout).toMatch(/ is paused: 2 running, 4 left/);
  expect((await backfill('unpause', String(id))).stdout).toMatch(/ is running: 2 running, 4 left/);
  const listed = await until(async () => {
    const { stdout } = await backfill('list', '--dag', dag);
    return stdout.includes(String(id)) && stdout;
  });
  expect(listed).toMatch(/2018-11-01 to 2018-11-06 +running +2 running, 4 left/);
  const watching = project.start(['backfill', 'watch', dag]);
  await until(() => watching.output().includes('running'));
  watching.child.kill('SIGINT');
  expect(await watching.ended).toMatchObject({
    code: 130,
    stderr: expect.stringContaining('The backfill goes on'),
  });
  const cancelled = await backfill('cancel', dag);
  expect(cancelled.stdout).toMatch(/ is cancelled: 2 running, 4 left\nIts runs go on/);
  expect((await backfill('pause', String(id))).stderr).toContain('has ended');
  await remove('hold');
  expect((await backfill('show', 'nothing')).stderr).toContain('RUN_NOT_FOUND');
});

test('the temporal command starts the same backfill by the same JSON, and runs list shows its runs alone', async () => {
  const dagId = `users_${suffix}`;
  const input = JSON.stringify({ dagId, from: '2018-11-01', to: '2018-11-03', maxActiveRuns: 2 });
  const binary = await ensureBinary(TEMPORAL_BINARY);
  const { stdout } = await promisify(execFile)(binary, [
    'workflow', 'execute', '--type', 'backfill', '--task-queue', taskQueue, '--workflow-id', `by-hand-${suffix}`,
    '--input', input, '--address', testStack.temporalAddress(), '--output', 'json',
  ]);
  expect(stdout).toContain('"COMPLETED"');
  const handle = new Client({ connection }).workflow.getHandle(`by-hand-${suffix}`);
  expect(await handle.query<BackfillReport, []>('state')).toMatchObject({ state: 'success', counts: { done: 3 } });
  const runs = await until(async () => {
    const found = JSON.parse((await project.run(['runs', 'list', '--json'])).stdout) as { workflowId: string }[];
    return found.filter(({ workflowId }) => workflowId.startsWith(dagId)).length === 3 ? found : undefined;
  });
  expect(runs.filter(({ workflowId }) => /^(by-hand|airtempo-backfill)/.test(workflowId))).toEqual([]);
  expect(runs.map(({ workflowId }) => workflowId)).toContain(`${dagId}-2018-11-02T00:00:00Z`);
}); // prettier-ignore
