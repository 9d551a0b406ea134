/** The night of docs/night-operations.md: a load fails over a damaged file, is explained, repaired, cleared, and ends well. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { formatConnectionUri } from '../../connections/index.js';
import { connectS3, type S3Storage } from '../../connections/s3.js';
import { createSampleData, type SampleFile } from '../../generator/log/sample-data.js';
import { uploadData } from '../../local/data-folder/upload.js';
import { createStarDatabase, type StarDatabase } from '../sql/support/star-database.js';
import { createCliProject, type CliProcess, type CliProject, type CliResult } from '../support/cli.js';
import { until } from '../support/engine.js';
import { testStack } from '../support/stack.js';

const bucket = `night-${randomBytes(6).toString('hex')}`;
const DAG_ID = 'awst_redshift_dag';
/** The run of 2018-11-15; its id says when it fires. */
const RUN = `${DAG_ID}-2018-11-16T00:00:00Z`;
const DAMAGED = 'log_data/2018/11/2018-11-15-events.json';

let storage: S3Storage;
let star: StarDatabase;
let project: CliProject;
let worker: CliProcess;

beforeAll(async () => {
  storage = connectS3(testStack.s3());
  await upload((text) => text.replace(/^(.*\n.*).{40}\n/, '$1\n')); // the second line lost its end
  star = await createStarDatabase();
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_TASK_QUEUE: bucket,
    AIRTEMPO_CONN_REDSHIFT: formatConnectionUri({ ...star.connection, id: 'redshift' }),
    AIRTEMPO_CONN_AWS_CREDENTIALS: formatConnectionUri({ ...testStack.s3(), id: 'aws_credentials' }),
  });
  worker = project.start(['worker']);
  await until(() => worker.output().includes('worker started'));
}, 120_000);
afterAll(async () => {
  worker.child.kill('SIGTERM');
  await worker.ended;
  await star.close();
  storage.close();
  await project.remove();
});

/** The sample data, with the damaged file as `change` makes it. */
async function* filesWith(change: (text: string) => string): AsyncGenerator<SampleFile> {
  for await (const file of createSampleData().files()) {
    const isDamaged = file.key === DAMAGED;
    yield isDamaged ? { ...file, body: Buffer.from(change(Buffer.from(file.body).toString())) } : file;
  }
}

async function upload(change: (text: string) => string): Promise<void> {
  await uploadData(storage.client, bucket, filesWith(change));
}

const run = (...args: readonly string[]): Promise<CliResult> => project.run(args);

test('a load that fails over a damaged file is explained, repaired and completed from the terminal', async () => {
  const conf = JSON.stringify({ bucket, mode: 'day' });
  const trigger = ['dags', 'trigger', DAG_ID, '--logical-date', '2018-11-15', '--conf', conf, '--watch'];
  expect(await run(...trigger)).toMatchObject({ code: 1, stderr: expect.stringContaining('stage_events') });

  expect((await run('runs', 'list', '--dag', DAG_ID, '--state', 'failed')).stdout).toContain(RUN);
  expect((await run('runs', 'show', RUN)).stdout).toMatch(/load_songplays_fact_table +⊘ upstream_failed/);
  const log = await run('runs', 'logs', RUN, 'stage_events');
  expect(log.stdout).toMatch(/LOAD_FAILED.*2018-11-15-events\.json line 2: invalid JSON/);

  expect((await run('dags', 'grid', DAG_ID)).stdout).toMatch(/stage_events .*✘/);
  expect((await run('explain', RUN)).stdout).toMatch(
    /load_songplays_fact_table\n.*\n *because of stage_events/,
  );
  const rendered = await run('tasks', 'render', DAG_ID, 'stage_events', '--logical-date', '2018-11-15', '--conf', conf); // prettier-ignore
  expect(rendered.stdout).toContain(`s3://${bucket}/log_data/2018/11/2018-11-15"`);

  await upload((text) => text);
  const cleared = await run('tasks', 'clear', RUN, '--only-failed', '--yes', '--watch');
  expect(cleared).toMatchObject({ code: 0 });
  expect(cleared.stderr).toMatch(/run_data_quality_checks +⊘ upstream_failed/);

  const { stdout } = await run('runs', 'show', RUN, '--json');
  const { tasks } = JSON.parse(stdout) as { tasks: { id: string; state: string }[] };
  expect(tasks.filter(({ state }) => state !== 'success')).toEqual([]);
  expect(await star.number('SELECT count(*) FROM songplays')).toBeGreaterThan(0);

  const days = ['--from', '2018-11-15', '--to', '2018-11-16', '--conf', conf];
  const rest = await run('backfill', 'create', DAG_ID, ...days, '--reprocess', 'failed', '--watch');
  expect(rest.stderr + rest.stdout).toMatch(/1 done, 1 skipped|1 skipped, 1 done/);
}, 120_000);
