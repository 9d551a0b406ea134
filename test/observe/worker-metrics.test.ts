/** What a Prometheus server reads from a real worker after real runs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCliProject, type CliProcess, type CliProject } from '../support/cli.js';
import { until } from '../support/engine.js';
import { scrape, total, type Sample } from '../support/prometheus.js';
import { testStack } from '../support/stack.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const DAGS = `
import { dag, skip } from ${JSON.stringify(API)};
export const good = dag('measured', {}, ({ task }) => {
  const flaky = task('flaky', ({ ctx }) => { if (ctx.tryNumber < 3) throw new Error('not yet'); return 1; }, {}, { retries: 2, retryDelay: 0 });
  const skipping = task('skipping', () => skip('nothing to do'));
  flaky.then(task('after', () => 2));
  skipping.then(task('never', () => 3));
});
export const bad = dag('unlucky', {}, ({ task }) => {
  const boom = task('boom', () => { throw new Error('no luck'); }, {}, { retries: 0 });
  boom.then(task('blocked', () => 1));
});
`;

let project: CliProject;
let worker: CliProcess;
let address: string;

beforeAll(async () => {
  address = `127.0.0.1:${String(await getPort())}`;
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_LOAD_EXAMPLES: 'false',
    AIRTEMPO_TASK_QUEUE: `metrics-${String(process.pid)}`,
  });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await mkdir(path.join(project.dir, 'dags'));
  await writeFile(path.join(project.dir, 'dags', 'measured.ts'), DAGS);
  worker = project.start(['worker', '--metrics', address]);
  await until(() => worker.output().includes('worker started'));
});
afterAll(async () => {
  worker.child.kill('SIGTERM');
  await worker.ended;
  await project.remove();
});

/** Scrapes until the series is there: a run's end is told to the worker just after it is recorded. */
function scrapeUntil(name: string, labels: Readonly<Record<string, string>>): Promise<readonly Sample[]> {
  return until(async () => {
    const samples = await scrape(address);
    return total(samples, name, labels) === undefined ? undefined : samples;
  });
}

describe('the metrics of a worker', () => {
  test('count runs, tasks and tries, by DAG and state', async () => {
    await project.run(['dags', 'trigger', 'measured', '--watch']);
    const samples = await scrapeUntil('airtempo_run_duration_seconds_count', { dag: 'measured' });

    const measured = { dag: 'measured' };
    expect(total(samples, 'airtempo_runs_started_total', { ...measured, run_type: 'manual' })).toBe(1);
    expect(
      total(samples, 'airtempo_run_duration_seconds_count', {
        ...measured,
        state: 'success',
        run_type: 'manual',
      }),
    ).toBe(1);
    expect(total(samples, 'airtempo_tasks_total', { ...measured, state: 'success' })).toBe(2);
    expect(total(samples, 'airtempo_tasks_total', { ...measured, state: 'skipped' })).toBe(2);

    const tries = (task: string, state: string): number | undefined =>
      total(samples, 'airtempo_task_duration_seconds_count', {
        ...measured,
        task,
        state,
        operator: 'inline',
      });
    expect(tries('flaky', 'up_for_retry')).toBe(2);
    expect(tries('flaky', 'success')).toBe(1);
    expect(tries('skipping', 'skipped')).toBe(1);
    expect(tries('never', 'skipped')).toBeUndefined(); // no try was made
    expect(total(samples, 'airtempo_task_delay_seconds_count', measured)).toBe(5);
  });

  test('tell failed runs and tasks from others', async () => {
    await project.run(['dags', 'trigger', 'unlucky', '--watch']);
    const samples = await scrapeUntil('airtempo_run_duration_seconds_count', { dag: 'unlucky' });
    expect(total(samples, 'airtempo_run_duration_seconds_count', { dag: 'unlucky', state: 'failed' })).toBe(
      1,
    );
    expect(total(samples, 'airtempo_tasks_total', { dag: 'unlucky', state: 'upstream_failed' })).toBe(1);
    expect(total(samples, 'airtempo_task_duration_seconds_count', { task: 'boom', state: 'failed' })).toBe(1);
  });

  test('come with those of the SDK', async () => {
    const samples = await scrape(address);
    expect(samples.some(({ name }) => name.startsWith('temporal_worker_task_slots_available'))).toBe(true);
  });

  test('name no run, so that they do not grow with time', async () => {
    const samples = (await scrape(address)).filter(({ name }) => name.startsWith('airtempo_'));
    const labels = new Set(samples.flatMap(({ labels }) => Object.keys(labels)));
    expect([...labels].sort()).toEqual(['dag', 'le', 'operator', 'run_type', 'state', 'task', 'task_queue']);
  });

  test('need a port of their own: a taken one is an error', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', () => resolve()));
    const taken = other.address();
    if (taken === null || typeof taken === 'string') throw new Error('no port');
    const refused = await project.run(['worker', '--metrics', String(taken.port)]);
    other.close();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      `INVALID_ARGUMENT: Metrics cannot be served at 127.0.0.1:${String(taken.port)}`,
    );
    expect(refused.stderr).toContain('Address already in use');
  });

  test('an address that is none is refused before anything starts', async () => {
    for (const address of ['example.com:9464', '127.0.0.1', '127.0.0.1:99999', '9464/metrics']) {
      const refused = await project.run(['worker', '--metrics', address]);
      expect([refused.code, refused.stderr]).toEqual([
        2,
        expect.stringContaining(
          `INVALID_ARGUMENT: The address for metrics (--metrics or AIRTEMPO_METRICS) is "${address}"`,
        ),
      ]);
    }
  });
});
