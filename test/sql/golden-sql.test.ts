/** What awst_redshift_dag, churn_scoring and kafka_ingest run on Redshift, without a Redshift: held by files, and read by a parser that is not ours. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { findRefusedByRedshift } from '../../connections/sql/fidelity.js';
import { ensurePythonEnv } from '../../local/python/ensure-python-env.js';
import { type GoldenTask, renderGoldenTasks } from '../golden-sql/render.js';

const FOLDER = path.resolve('test/golden-sql/redshift');
const PARSER = path.resolve('test/golden-sql/parse-redshift.py');

/** Made once in the user's cache folder, and again when it is gone. Where python3 is missing, this fails and says so. */
const SQLGLOT = {
  name: 'sqlglot',
  title: 'sqlglot, a parser of SQL dialects',
  requirements: ['sqlglot==30.30.0'],
  minimumPython: '3.9',
  expected: 'a few seconds',
};

let python: string;
let tasks: readonly GoldenTask[];
beforeAll(async () => {
  ({ python } = await ensurePythonEnv(SQLGLOT));
  tasks = await renderGoldenTasks();
}, 120_000);

/** For each statement why sqlglot does not read it as Redshift's, or null. */
async function parseAsRedshift(statements: readonly string[]): Promise<readonly (string | null)[]> {
  const child = spawn(python, [PARSER], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(statements));
  return JSON.parse(await text(child.stdout)) as (string | null)[]; // the script's own answer
}

/**
 * Redshift documents both (r_LOCK, r_CREATE_TABLE_NEW) and this sqlglot knows neither: a LOCK is a command to it, and a
 * sort key needs a column list.
 */
function withoutUnknown(statement: string): readonly string[] {
  if (/^LOCK TABLE ("?)[a-z_]+\1$/.test(statement)) return [];
  return [statement.replace(/^(CREATE TABLE [\s\S]* DISTSTYLE AUTO) SORTKEY AUTO$/, '$1')];
}

describe('the statements on Redshift', () => {
  test('are those of the files; "npx tsx test/golden-sql/update.ts" makes them anew', () => {
    const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.sql'),
    );
    expect(files.toSorted()).toEqual(tasks.map(({ file }) => file).toSorted());
    for (const { file, text } of tasks) expect(text).toBe(readFileSync(path.join(FOLDER, file), 'utf8'));
  });

  test('are there for every task of awst_redshift_dag but the last, which runs none', () => {
    const full = tasks.filter(({ file }) => file.startsWith('full/')).map(({ file }) => file);
    expect(full).toHaveLength(9);
    expect(full).not.toContain('full/stop_execution.sql');
  });

  test('hold nothing that Redshift refuses in a transaction', () => {
    const refused = tasks.flatMap(({ statements }) =>
      statements.flatMap(({ text }) => findRefusedByRedshift(text)),
    );
    expect(refused).toEqual([]);
  });

  test('are read as Redshift by sqlglot', async () => {
    const all = tasks.flatMap(({ statements }) => statements.flatMap(({ text }) => withoutUnknown(text)));
    expect(all.length).toBeGreaterThan(70);
    const problems = await parseAsRedshift(all);
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
  });

  test('would not be, were they something else', async () => {
    const foreign = [
      'SELECT FROM WHERE',
      'LOCK TABLE t IN SHARE MODE',
      'CREATE TABLE t (a INTEGER',
      'SELECT 1; SELECT 2',
    ];
    expect((await parseAsRedshift(foreign)).filter((problem) => problem === null)).toEqual([]);
  });
});
