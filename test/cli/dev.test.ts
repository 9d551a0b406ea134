import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readRunningStack } from '../../local/running-stack.js';
import { createCliProject, type CliProject } from '../support/cli.js';
import { until } from '../support/engine.js';
import path from 'node:path';

let project: CliProject;
const home = (): string => path.join(project.dir, '.airtempo');

beforeAll(async () => {
  project = await createCliProject();
});
afterAll(() => project.remove());

interface DemoResult {
  readonly state: string;
  readonly tables: Readonly<Record<string, number>>;
  readonly checks: readonly { readonly passed: boolean }[];
}

function lastLine(text: string): DemoResult {
  return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as DemoResult;
}

describe('the local stack with a worker', () => {
  test('the demo loads the sample data, prints one JSON line and leaves nothing running', async () => {
    const demo = await project.run(['demo', '--once', '--json']);
    expect(demo).toMatchObject({ code: 0 });
    expect(demo.stdout.trimEnd().split('\n')).toHaveLength(1);
    const { state, tables, checks } = lastLine(demo.stdout);
    expect(state).toBe('success');
    expect(tables['songplays']).toBeGreaterThan(1000);
    expect(checks.every(({ passed }) => passed)).toBe(true);
    expect(await readRunningStack(home())).toBeUndefined();
  }, 120_000);

  test('a killed dev leaves data behind that the next one uses, and Ctrl-C stops it cleanly', async () => {
    const killed = project.start(['dev']);
    await until(() => killed.output().includes('Ctrl-C stops everything'));
    killed.child.kill('SIGKILL');
    await killed.ended;
    const dev = project.start(['dev']);
    await until(() => dev.output().includes('Ctrl-C stops everything'));
    const again = await project.run(['demo', '--json']); // uses the stack of dev, and does not stop it
    expect(lastLine(again.stdout).state).toBe('success');
    const second = await project.run(['dev']);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('STACK_ALREADY_RUNNING') });
    dev.child.kill('SIGINT');
    expect(await dev.ended).toMatchObject({ code: 0 });
    expect(await readRunningStack(home())).toBeUndefined();
  }, 180_000);
});
