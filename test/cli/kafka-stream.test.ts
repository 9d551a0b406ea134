/** Streams by the commands, with workers of their own that are killed: what the schedule keeps alive, and what people are told. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { ensureTopic } from '../../connections/kafka/topics.js';
import { createSampleTopic } from '../activities/kafka/support/sample-topic.js';
import { createCliProject, type CliProcess, type CliProject, type CliResult } from '../support/cli.js';
import { until } from '../support/engine.js';
import { sendLines, startTestKafka, type TestKafka } from '../support/kafka.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';
import { testStack } from '../support/stack.js';

const sample = createSampleTopic(
  { users: 60, from: '2018-10-01', to: '2018-10-15', partitions: 1 },
  { duplicates: 0.05, malformed: 0.02 },
);
const LINES = sample.lines.flat();
const TASK_QUEUE = `streams-${String(process.pid)}`;
const TOPIC = `events-${String(process.pid)}`;
const NAME = `${TOPIC}-warehouse`;

let kafka: TestKafka;
let database: TestDatabase;
let project: CliProject;
let connection: Connection;
beforeAll(async () => {
  [kafka, database] = await Promise.all([startTestKafka(), createTestDatabase('stream')]);
  const toJson = ({ type, host, port, login, password, schema }: typeof kafka.connection): string =>
    JSON.stringify({ conn_type: type, host, port, login, password, schema });
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_TASK_QUEUE: TASK_QUEUE,
    AIRTEMPO_CONN_KAFKA: toJson(kafka.connection),
    AIRTEMPO_CONN_POSTGRES: toJson(database.connection),
  });
  connection = await Connection.connect({ address: testStack.temporalAddress() });
  await ensureTopic(kafka.connection, TOPIC, 2);
});
afterAll(async () => {
  await project.remove();
  await connection.close();
  await Promise.all([kafka.stop(), database.drop()]);
});

async function startWorker(): Promise<CliProcess> {
  const worker = project.start(['worker']);
  await until(() => worker.output().includes('worker started'));
  return worker;
}
const produce = (lines: readonly string[]): Promise<void> => sendLines(kafka.connection, TOPIC, lines);
const stream = (...args: string[]): Promise<CliResult> => project.run(['kafka', 'stream', ...args]);
interface Accounts {
  readonly messages: number;
  readonly written: number;
  readonly duplicates: number;
  readonly letters: number;
  readonly rows: number;
}
async function readAccounts(): Promise<Accounts> {
  const { rows } = await database.session.query(`
    SELECT SUM(messages)::INT AS messages, SUM(written)::INT AS written, SUM(duplicates)::INT AS duplicates,
      SUM(dead_letters)::INT AS letters, (SELECT COUNT(*)::INT FROM events) AS rows
    FROM kafka_batches`);
  return rows[0] as unknown as Accounts;
}
const untilMessages = (count: number): Promise<Accounts> =>
  until(async () => {
    const accounts = await readAccounts().catch(() => undefined); // no tables yet
    return (accounts?.messages ?? 0) >= count ? accounts : undefined;
  });

test('a stream survives its workers and its own termination, and each event is there once', async () => {
  const worker = await startWorker();
  const half = Math.ceil(LINES.length / 2);
  await produce(LINES.slice(0, half));
  const started = await stream('start', TOPIC, '--interval', '200ms', '--json');
  expect(started).toMatchObject({ code: 0 });
  expect(JSON.parse(started.stdout)).toMatchObject({ name: NAME, state: 'running' });
  // the schedule knows that its stream runs, and starts no second one
  const schedule = new Client({ connection }).schedule.getHandle(`kafka-stream/${NAME}`);
  expect((await schedule.describe()).info.runningActions).toHaveLength(1);
  worker.child.kill('SIGKILL');
  await worker.ended;
  await produce(LINES.slice(half));
  const second = await startWorker();
  await untilMessages(LINES.length);

  const { workflowId } = JSON.parse(started.stdout) as { readonly workflowId: string };
  await new Client({ connection }).workflow.getHandle(workflowId).terminate();
  expect(await stream('status', NAME)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('is down'),
  });
  // "start" again does not wait for the schedule
  expect(await stream('start', TOPIC, '--interval', '200ms')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/is there already: running/),
  });
  await produce(LINES); // everything comes a second time
  const sent = 2 * sample.messages;
  expect(await untilMessages(sent)).toEqual({
    messages: sent,
    written: sample.keys.length,
    rows: sample.keys.length,
    duplicates: 2 * sample.duplicates + sample.keys.length,
    letters: 2 * sample.broken,
  });

  const other = await stream('start', TOPIC, '--interval', '1s');
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('with other options') });
  expect(await stream('pause', NAME)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${NAME} is paused`),
  });
  expect(await stream('resume', NAME)).toMatchObject({ code: 0 });
  const status = await stream('status', NAME);
  expect(status.stdout).toMatch(/is running: .* into the warehouse[\s\S]*PARTITION\s+GOES ON AT\s+LAG/);
  expect((await stream('list')).stdout).toContain(NAME);

  expect(await stream('stop', NAME)).toMatchObject({ code: 0, stdout: `${NAME} is stopped.\n` });
  expect(await stream('status', NAME)).toMatchObject({
    stderr: expect.stringContaining('There is no stream'),
  });
  second.child.kill('SIGTERM');
  await second.ended;
});

test('what is wrong is told before anything is started', async () => {
  const noLake = await stream('start', TOPIC, '--sink', 'lake');
  expect(noLake).toMatchObject({ code: 2, stderr: expect.stringContaining('--lake') });
  const noTime = await stream('start', TOPIC, '--interval', 'soon');
  expect(noTime.stderr).toContain('interval is "soon", which is not a duration');
  expect(noTime.code).not.toBe(0);
  expect((await stream('list')).stderr).toContain('There are no streams');
});
