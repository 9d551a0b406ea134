/** Which tasks a setup guards, and what a task that runs again brings along. */
import { describe, expect, test } from '@jest/globals';
import type { RunGraph, RunGraphTask } from '../../core/graph.js';
import { computeSetupScopes, withSetups } from '../../core/setup-scope.js';

const task = (id: string, upstream: string, more: Partial<RunGraphTask> = {}): RunGraphTask => ({
  id,
  upstream: upstream.split(' ').filter((name) => name !== ''),
  ...more,
});

/** create → load → check → remove, with create right above remove; report comes after everything. */
const cluster: RunGraph = {
  tasks: [
    task('before', ''),
    task('create', 'before', { setup: true }),
    task('load', 'create'),
    task('check', 'load'),
    task('remove', 'check create', { teardown: true }),
    task('report', 'check'),
  ],
};

test('a setup with a teardown guards what lies between them, a setup without one all below it', () => {
  expect(computeSetupScopes(cluster)).toEqual(new Map([['create', ['check']]]));
  const alone = { tasks: cluster.tasks.filter(({ teardown }) => teardown !== true) };
  expect(computeSetupScopes(alone)).toEqual(new Map([['create', ['check', 'report']]]));
});

describe('a task that runs again', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['right below its setup', ['load'], ['create', 'load', 'remove']],
    ['further below it', ['check'], ['create', 'check', 'remove']],
    ['that is the setup', ['create'], ['create', 'remove']],
    ['that is the teardown', ['remove'], ['create', 'remove']],
    ['outside of the scope', ['report'], ['report']],
    ['above the setup', ['before'], ['before']],
    [
      'in the scope, with one outside, in graph order',
      ['report', 'load'],
      ['create', 'load', 'remove', 'report'],
    ],
    ['none at all', [], []],
  ])('%s', (_, asked, expected) => {
    expect(withSetups(cluster, asked)).toEqual(expected);
  });

  test('brings all setups in whose scope it is, and none in whose scope it is not', () => {
    const two: RunGraph = {
      tasks: [
        task('s', '', { setup: true }),
        task('r', '', { setup: true }),
        task('a', 's r'),
        task('b', 'r'),
        task('t', 'a s', { teardown: true }),
        task('u', 'a b r', { teardown: true }),
      ],
    };
    expect(withSetups(two, ['a'])).toEqual(['s', 'r', 'a', 't', 'u']);
    expect(withSetups(two, ['b'])).toEqual(['r', 'b', 'u']);
  });
});

test('a task alone brings nobody where there are no setups', () => {
  expect(withSetups({ tasks: [task('a', ''), task('b', 'a')] }, ['b'])).toEqual(['b']);
});
