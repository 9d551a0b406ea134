/** `npm run demo:streaming` as a person runs it: from an empty folder, again, and without Java. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readRunningStack } from '../../../local/running-stack.js';
import { createCliProject, type CliProject } from '../../support/cli.js';

let project: CliProject;
beforeAll(async () => {
  project = await createCliProject();
});
afterAll(() => project.remove());

interface Result {
  readonly sentNow: number;
  readonly expected: Readonly<Record<string, number>>;
  readonly warehouse: Readonly<Record<string, number>>;
}

test('the demo accounts for each message, and sends none of them twice', async () => {
  const results: Result[] = [];
  for (const run of [1, 2]) {
    const demo = await project.run(['kafka', 'demo', '--users', '150', '--once', '--json']);
    expect({ run, code: demo.code }).toEqual({ run, code: 0 });
    expect(demo.stderr).toContain('Each message is accounted for.');
    results.push(JSON.parse(demo.stdout) as Result);
  }
  const [first, second] = results;
  expect(first?.sentNow).toBe(first?.expected['messages']);
  expect(second).toMatchObject({ sentNow: 0, expected: first?.expected, warehouse: first?.warehouse });
  expect(await readRunningStack(path.join(project.dir, '.airtempo'))).toBeUndefined();
}, 180_000);

test('what is missing or wrong is said before anything is started', async () => {
  const noJava = await createCliProject({ JAVA_HOME: '/nowhere' });
  const without = await noJava.run(['kafka', 'demo', '--users', '5', '--once']);
  await noJava.remove();
  expect(without.code).not.toBe(0);
  expect(without.stderr).toContain('The Kafka broker needs Java 17 or later');
  expect(without.stderr).not.toContain('Temporal');

  const logs = path.join(project.dir, 'data', 'log_data');
  await mkdir(path.join(project.dir, 'data', 'song_data'), { recursive: true });
  await mkdir(logs);
  await writeFile(path.join(project.dir, 'data', 'song_data', 'a.json'), '{}');
  const line = JSON.stringify({ ts: Date.parse('2018-11-15T12:00:00Z'), userId: '1', page: 'Home' });
  await writeFile(path.join(logs, '2018-11-15-events.json'), `${line}\n`);
  const day = await project.run(['kafka', 'demo', '--data', 'data', '--day', '2018-11-01']);
  expect(day.stderr).toContain(
    'data has no events of 2018-11-01. Give a --day from 2018-11-15 to 2018-11-15.',
  );
});
