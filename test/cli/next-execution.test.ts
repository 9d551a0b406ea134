/** `airtempo dags next-execution`: the next runs of a DAG, without any server. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCliProject, type CliProject } from '../support/cli.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const DAGS = `
import { continuous, cron, cronTrigger, dag, every, once } from ${JSON.stringify(API)};
const build = ({ task }) => void task('a', () => 1);
export const berlin = dag('berlin', { schedule: cron('30 2 * * *', { timezone: 'Europe/Berlin' }), startDate: '2018-03-01' }, build);
export const ending = dag('ending', { schedule: cronTrigger(['0 9 * * MON', '0 9 1 * *']), endDate: '2018-03-05T09:00' }, build);
export const weekly = dag('weekly', { schedule: every('7d'), startDate: '2018-01-01', catchup: true }, build);
export const single = dag('single', { schedule: once() }, build);
export const stream = dag('stream', { schedule: continuous() }, build);
export const manual = dag('manual', {}, build);
`;

let project: CliProject;

beforeAll(async () => {
  project = await createCliProject({ AIRTEMPO_LOAD_EXAMPLES: 'false' });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await mkdir(path.join(project.dir, 'dags'));
  await writeFile(path.join(project.dir, 'dags', 'dags.ts'), DAGS);
});
afterAll(() => project.remove());

const next = (dagId: string, ...options: readonly string[]): ReturnType<CliProject['run']> =>
  project.run(['dags', 'next-execution', dagId, '--after', '2018-03-02T12:00', ...options]);

/** The rows under the heading, cell by cell. */
const rows = (stdout: string): readonly (readonly string[])[] =>
  stdout
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/ {2,}/));

describe('dags next-execution', () => {
  test('shows five runs in the zone of the DAG and in UTC', async () => {
    const { code, stdout } = await next('berlin');
    expect(code).toBe(0);
    expect(rows(stdout)).toHaveLength(10);
    expect(rows(stdout).slice(0, 2)).toEqual([
      [
        '2018-03-03T02:30:00+01:00',
        '2018-03-02T02:30:00+01:00',
        '2018-03-02T02:30:00+01:00 to 2018-03-03T02:30:00+01:00',
        'Europe/Berlin',
      ],
      ['2018-03-03T01:30:00Z', '2018-03-02T01:30:00Z', '2018-03-02T01:30:00Z to 2018-03-03T01:30:00Z', 'UTC'],
    ]);
  });

  test('as JSON, over a change of the clock', async () => {
    const { stdout } = await project.run(
      ['dags', 'next-execution', 'berlin', '-n', '1', '--after', '2018-03-24T12:00Z', '--json'],
    ); // prettier-ignore
    expect(JSON.parse(stdout)).toEqual({
      dagId: 'berlin',
      timetable: { kind: 'cron', expression: '30 2 * * *', timezone: 'Europe/Berlin' },
      timezone: 'Europe/Berlin',
      after: '2018-03-24T12:00:00.000Z',
      runs: [
        {
          fireTime: '2018-03-25T01:00:00Z',
          logicalDate: '2018-03-24T01:30:00Z',
          dataInterval: ['2018-03-24T01:30:00Z', '2018-03-25T01:00:00Z'],
          local: {
            fireTime: '2018-03-25T03:00:00+02:00',
            logicalDate: '2018-03-24T02:30:00+01:00',
            dataInterval: ['2018-03-24T02:30:00+01:00', '2018-03-25T03:00:00+02:00'],
          },
        },
      ],
    });
  });

  test('begins periods at the start date', async () => {
    const { stdout } = await next('weekly', '-n', '1');
    expect(rows(stdout)).toEqual([
      ['2018-03-05T00:00:00Z', '2018-02-26T00:00:00Z', '2018-02-26T00:00:00Z to 2018-03-05T00:00:00Z', 'UTC'],
    ]);
  });

  test('says why there are fewer runs than asked for', async () => {
    const { code, stdout } = await next('ending');
    expect(code).toBe(0);
    expect(rows(stdout)).toEqual([
      ['2018-03-05T09:00:00Z', '2018-03-05T09:00:00Z', 'none', 'UTC'],
      ['No further run: no interval of DAG ending starts after its endDate, 2018-03-05T09:00:00.000Z.'],
    ]);
  });

  test.each([
    ['single', 'No fixed time: DAG single runs once, when it is switched on.'],
    ['stream', 'No fixed time: DAG stream is continuous, and starts its next run when the last has ended.'],
    ['manual', 'No run: DAG manual has no schedule and is started by hand.'],
  ])('says why there is none: %s', async (dagId, reason) => {
    expect(await next(dagId)).toMatchObject({ code: 0, stdout: `${reason}\n` });
    const { stdout } = await next(dagId, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ runs: [], reason });
  });

  test('refuses what is no date and no number, with exit code 2', async () => {
    const wrongDate = await project.run(['dags', 'next-execution', 'berlin', '--after', 'yesterday']);
    expect(wrongDate).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Write a date such as 2018-11-02'),
    });
    const wrongCount = await next('berlin', '-n', '0');
    expect(wrongCount).toMatchObject({ code: 2, stderr: expect.stringContaining('from 1 to 1000') });
  });
});

test('dags show gives no interval to a timetable that covers none, and the next run to those that have one', async () => {
  const show = async (dagId: string): Promise<string> => (await project.run(['dags', 'show', dagId])).stdout;
  expect(await show('weekly')).toMatch(/last interval .*T00:00:00.000Z to .*T00:00:00.000Z[^]*next run/);
  for (const dagId of ['ending', 'single', 'stream', 'manual']) {
    expect(await show(dagId)).not.toMatch(/last interval|next run/);
  }
});
