/** `airtempo insights` and the DAG as a person runs them: files, S3, and a warehouse. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { formatConnectionUri } from '../../connections/index.js';
import { createSampleData } from '../../generator/log/sample-data.js';
import { createStarDatabase, type StarDatabase } from '../sql/support/star-database.js';
import { createCliProject, type CliProject } from '../support/cli.js';
import { createTestBucket, services, type TestBucket } from '../support/services.js';

let bucket: TestBucket;
let star: StarDatabase;
let project: CliProject;
const sample = createSampleData({ days: 6, users: 40 });

beforeAll(async () => {
  [bucket, star] = await Promise.all([createTestBucket(), createStarDatabase()]);
  await star.createTables();
  const logs = [];
  for await (const file of sample.files()) if (file.key.startsWith('log_data/')) logs.push(file);
  await star.stage(logs);
  project = await createCliProject({
    AIRTEMPO_CONN_WAREHOUSE: formatConnectionUri({ ...star.connection, id: 'warehouse' }),
    AIRTEMPO_CONN_LAKE: formatConnectionUri({ ...services().s3, id: 'lake' }),
  });
  for (const { key, body } of logs) {
    const file = path.join(project.dir, key);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, body);
  }
});
afterAll(async () => {
  await project.remove();
  await Promise.all([bucket.drop(), star.close()]);
});

interface Result {
  readonly events: number;
  readonly insights: readonly { readonly id: string; readonly findings: readonly string[] }[];
}
const insights = (...args: readonly string[]) => project.run(['insights', ...args]);
const read = (name: string): Promise<string> => readFile(path.join(project.dir, name), 'utf8');

async function resultOf(...args: readonly string[]): Promise<Result> {
  const { code, stdout, stderr } = await insights('run', ...args, '--json');
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout) as Result;
}

describe('insights', () => {
  test('lists fifteen', async () => {
    const { stdout } = await insights('list', '--json');
    expect((JSON.parse(stdout) as readonly { readonly number: number }[]).map(({ number }) => number)).toEqual(
      Array.from({ length: 15 }, (_, index) => index + 1),
    );
  });

  test('go from files to tables and a report, and replace no folder but an earlier report', async () => {
    const first = await resultOf('log_data', '--out', 'report', '--only', '1,sessions');
    expect(first.events).toBe(sample.expected.staging_events);
    expect(first.insights.map(({ id }) => id)).toEqual(['active-users', 'sessions']);
    expect(await read('report/report.html')).toContain('<svg');
    expect((await readdir(path.join(project.dir, 'report/tables'))).toSorted()).toContain('01-active-users.csv');
    const before = await read('report/report.html');
    await resultOf('log_data', '--out', 'report', '--only', '1,sessions');
    expect(await read('report/report.html')).toBe(before);
    await mkdir(path.join(project.dir, 'mine'));
    await writeFile(path.join(project.dir, 'mine/notes.txt'), 'keep');
    expect((await insights('run', 'log_data', '--out', 'mine', '--only', '1')).code).not.toBe(0);
    expect(await read('mine/notes.txt')).toBe('keep');
  });

  test('say on a warehouse what they say of the files that were loaded into it', async () => {
    const ofFiles = await resultOf('log_data', '--out', 'a', '--only', '1,2,3,4,13,14');
    const ofWarehouse = await resultOf('--conn-id', 'warehouse', '--out', 'b', '--only', '1,2,3,4,13,14');
    expect(ofWarehouse.events).toBe(ofFiles.events);
    expect(ofWarehouse.insights).toEqual(ofFiles.insights);
    const refused = await insights('run', '--conn-id', 'warehouse', '--out', 'c', '--only', 'adverts');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('has nothing on adverts') });
  });

  test('are a DAG, on S3, with a folder of the day', async () => {
    const day = 'log_data/2018/11/2018-11-02-events.json';
    await bucket.put(day, await readFile(path.join(project.dir, day)));
    const conf = { source: `s3://${bucket.name}/log_data/`, connId: 'lake', out: path.join(project.dir, 'days'), only: ['1'] };
    const run = ['dags', 'test', 'sparkify_insights', '--logical-date', '2018-11-02', '--conf', JSON.stringify(conf)];
    for (const _again of [1, 2]) {
      expect(await project.run(run)).toMatchObject({ code: 0 });
      expect(await readdir(path.join(project.dir, 'days'))).toEqual(['2018-11-02']);
    }
    expect(await read('days/2018-11-02/report.html')).toContain('Active users');
  });

  test.each([
    [['--out', 'x'], 'There is no source of events'],
    [['none', '--out', 'x'], 'There is no file or folder'],
    [['log_data', '--out', 'x', '--only', 'weather'], 'weather'],
    [['log_data', '--out', 'x', '--until', 'soon'], 'is no date'],
  ])('refuse %j', async (args, message) => {
    const { code, stderr } = await insights('run', ...args);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });
}); // prettier-ignore
