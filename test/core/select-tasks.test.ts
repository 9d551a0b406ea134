import { describe, expect, test } from '@jest/globals';
import { dag } from '../../core/dag.js';
import { selectSubgraph, selectTasks } from '../../core/select-tasks.js';
import { refusal } from './support/refusal.js';

/** extract → load_users, load_songs → check */
const { graph } = dag('nightly', {}, ({ task }) => {
  const extract = task('extract', () => [1]);
  const users = task('load_users', ({ args }) => args.rows, { rows: extract });
  const songs = task('load_songs', () => null);
  const check = task('check', () => null);
  extract.then(users, songs).then(check);
});

describe('selecting tasks', () => {
  const select = (selection: Parameters<typeof selectTasks>[1]): readonly string[] =>
    selectTasks(graph.tasks, selection);

  test('a pattern matches anywhere in the id', () => {
    expect(select({ taskRegex: 'load' })).toEqual(['load_users', 'load_songs']);
    expect(select({ taskRegex: '^check$' })).toEqual(['check']);
  });

  test('no pattern means every task', () => {
    expect(select({})).toHaveLength(4);
  });

  test('upstream and downstream of the matches come along when asked for', () => {
    expect(select({ taskRegex: 'load_users', downstream: true })).toEqual(['load_users', 'check']);
    expect(select({ taskRegex: 'load_users', upstream: true })).toEqual(['extract', 'load_users']);
    expect(select({ taskRegex: 'load_songs', upstream: true, downstream: true })).toEqual([
      'extract',
      'load_songs',
      'check',
    ]);
  });

  test('a pattern for a mapped task means its instances', () => {
    const instance = { id: 'load[1]', upstream: [], instance: { of: 'load', group: 'load', index: 1 } };
    expect(selectTasks([instance, { id: 'check', upstream: [] }], { taskRegex: '^load$' })).toEqual([
      'load[1]',
    ]);
  });

  test('of many tasks only the first are named when none matches', () => {
    const many = Array.from({ length: 21 }, (_, index) => ({ id: `t${index}`, upstream: [] }));
    expect(() => selectTasks(many, { taskRegex: 'load' })).toThrow(/The tasks: t0, t1, .*, t19 …\.$/);
    expect(() => selectTasks(many.slice(1), { taskRegex: 'load' })).toThrow(/The tasks: t1, .*, t20\.$/);
  });

  test('a graph without tasks has none to select', () => {
    expect(() => selectTasks([], {})).toThrow('No task matches ""');
  });

  test('what matches nothing, or is no pattern, is refused with a hint', () => {
    expect(refusal(() => select({ taskRegex: 'load_user$' }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('No task matches "load_user$"'),
    });
    expect(refusal(() => select({ taskRegex: '(' }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(
        /^"\(" is not a regular expression: .+\. Write a task id, or a pattern such as "\^load_"\.$/,
      ),
      cause: expect.any(SyntaxError),
    });
  });
});

describe('a graph of chosen tasks', () => {
  test('keeps the edges among them', () => {
    const { tasks } = selectSubgraph(graph, ['load_songs', 'check']);
    expect(tasks.map(({ id, upstream }) => [id, upstream])).toEqual([
      ['load_songs', []],
      ['check', ['load_songs']],
    ]);
  });

  test('refuses a task whose input is left out', () => {
    expect(refusal(() => selectSubgraph(graph, ['load_users']))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('needs the output of extract'),
    });
  });

  test('refuses an unknown task with a suggestion', () => {
    expect(refusal(() => selectSubgraph(graph, ['chek']))).toMatchObject({
      code: 'UNKNOWN_ID',
      message: expect.stringContaining('has no task "chek". Did you mean'),
    });
  });
});
