/** `airtempo variables`, and `dags show --params`: without Temporal. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createCliProject, type CliProject } from '../support/cli.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const ZOD = fileURLToPath(new URL('../../node_modules/zod/index.js', import.meta.url));
const SECRET = 'a-very-secret-token';
const DAGS = `
import { dag } from ${JSON.stringify(API)};
import { z } from ${JSON.stringify(ZOD)};
const build = ({ task }) => void task('only', async ({ ctx }) => ctx.variable('region'));
export const typed = dag('typed', { params: z.object({ mode: z.enum(['a', 'b']).default('a'), day: z.string() }) }, build);
export const free = dag('free', {}, build);
export const other = dag('other', { params: { parse: (value) => value } }, build);
`;

let project: CliProject;
beforeAll(async () => {
  project = await createCliProject({ AIRTEMPO_LOAD_EXAMPLES: 'false', AIRTEMPO_VAR_FROM_ENV: 'env-value' });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await mkdir(path.join(project.dir, 'dags'));
  await writeFile(path.join(project.dir, 'dags', 'params.ts'), DAGS);
});
afterAll(() => project.remove());

describe('variables', () => {
  beforeEach(async () => {
    await project.run(['variables', 'set', 'region', 'eu', '--description', 'where the data is']);
    await project.run(['variables', 'set', 'api_token', '--value-stdin'], { stdin: `${SECRET}\n` });
  });

  test('are set, got, listed and deleted; secret ones are masked unless asked for', async () => {
    expect(await project.run(['variables', 'get', 'region'])).toMatchObject({ code: 0, stdout: 'eu\n' });
    expect((await project.run(['variables', 'get', 'api_token'])).stdout).toBe('***\n');
    expect((await project.run(['variables', 'get', 'api_token', '--show-secrets'])).stdout).toBe(
      `${SECRET}\n`,
    );
    const list = await project.run(['variables', 'list']);
    expect(list.stdout).toMatch(/api_token +\*\*\*/);
    expect(list.stdout).toMatch(/region +eu +where the data is +file .*variables\.json/);
    expect(list.stdout).toMatch(/from_env +env-value +variable AIRTEMPO_VAR_FROM_ENV/);
    expect(list.stdout + list.stderr).not.toContain(SECRET);
    expect((await project.run(['variables', 'delete', 'region'])).code).toBe(0);
    const gone = await project.run(['variables', 'get', 'region']);
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining('VARIABLE_NOT_FOUND') });
  });

  test('are encrypted in a file of their owner', async () => {
    const file = path.join(project.dir, '.airtempo', 'variables.json');
    expect(await readFile(file, 'utf8')).not.toMatch(new RegExp(`${SECRET}|where the data is`));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const rotated = await project.run(['variables', 'rotate-key', '--json']);
    expect(JSON.parse(rotated.stdout)).toMatchObject({ keySource: 'file' });
    expect((await project.run(['variables', 'get', 'region'])).stdout).toBe('eu\n');
  });

  test('move from and to Airflow’s export', async () => {
    const exported = {
      limits: { rows: 3 },
      count: 7,
      flag: 'true-ish',
      zone: { value: 'UTC', description: 'of the schedule' },
      nested_secret: { password: SECRET, host: 'h' },
    };
    await writeFile(path.join(project.dir, 'airflow.json'), JSON.stringify(exported));
    const imported = await project.run(['variables', 'import', 'airflow.json']);
    expect(imported.stdout).toContain('Imported 5 of 5 variables');
    expect((await project.run(['variables', 'get', 'limits'])).stdout).toBe('{"rows":3}\n');
    expect((await project.run(['variables', 'get', 'zone', '--json'])).stdout).toContain('"of the schedule"');
    const skipped = await project.run(['variables', 'import', 'airflow.json', '-a', 'skip', '--json']);
    expect(JSON.parse(skipped.stdout)).toMatchObject({ imported: [] });
    expect((await project.run(['variables', 'import', 'airflow.json', '-a', 'fail'])).stderr).toContain(
      'DUPLICATE_ID',
    );
    const back = await project.run(['variables', 'export', '-', '--show-secrets']);
    expect(JSON.parse(back.stdout)).toMatchObject(exported);
    expect((await project.run(['variables', 'export', '-'])).code).toBe(2);
  });

  test.each<[string, readonly string[], string]>([
    ['a secret on the command line', ['set', 'db_password', SECRET], 'says that its value is secret'],
    ['no value', ['set', 'region'], 'Say the value'],
    ['an empty name', ['set', ' ', 'x'], 'INVALID_VARIABLE'],
    ['to delete what is in the environment', ['delete', 'from_env'], 'is in variable AIRTEMPO_VAR_FROM_ENV'],
    ['a file that is no export', ['import', 'package.json', '-a', 'oops'], 'Allowed choices'],
    ['a file that is not there', ['import', 'nowhere.json'], 'cannot be read (ENOENT)'],
  ])('refuse %s', async (_, args, message) => {
    const refused = await project.run(['variables', ...args]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(message);
    if (args[0] === 'set') expect(refused.stderr + refused.stdout).not.toContain(SECRET);
  });

  test('are there for dags test', async () => {
    const tested = await project.run(['dags', 'test', 'free', '--json']);
    expect(JSON.parse(tested.stdout)).toMatchObject({ state: 'success' });
  });
});

describe('dags show --params', () => {
  test('prints the JSON Schema of what a conf may be', async () => {
    const { stdout } = await project.run(['dags', 'show', 'typed', '--params']);
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'object',
      properties: { mode: { enum: ['a', 'b'], default: 'a' }, day: { type: 'string' } },
      required: ['day'],
    });
    expect(JSON.parse((await project.run(['dags', 'show', 'free', '--params'])).stdout)).toEqual({
      type: 'object',
    });
  });

  test('says so when the params have another parser', async () => {
    expect((await project.run(['dags', 'show', 'other', '--params'])).stderr).toContain('are no zod schema');
  });
});
