import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dag, each, zip } from '../../index.js';
import { expandGraph, stripIndex } from '../../core/expand-graph.js';
import type { Graph, MapSource } from '../../core/graph.js';
import { createRun, type Run } from '../../core/run.js';
import { deserializeGraph, serializeGraph } from '../../core/serialize-graph.js';
import { countItems, readItem } from '../../workers/map-items.js';
import { refusal } from './support/refusal.js';

/** list → load (mapped) → total; log after everything */
const loads = dag('loads', {}, ({ task, map }) => {
  const list = task('list', () => ['a', 'b', 'c']);
  const load = map('load', ({ args }) => `${args.key}!`, { key: each(list) }, { maxActive: 2 });
  task('total', ({ args }) => args.loaded.length, { loaded: load });
  load.then(task('log', () => null, {}, { triggerRule: 'all_done' }));
});

/** list → per_file.download → per_file.store, twice the list */
const files = dag('files', {}, ({ task, mapGroup }) => {
  const list = task('list', () => ['a', 'b']);
  const group = mapGroup('per_file', { key: each(list) }, ({ task, item }) => {
    const download = task('download', ({ args }) => `${args.key}.gz`, { key: item.key });
    const store = task('store', ({ args }) => args.file.length, { file: download });
    return { store };
  });
  task('sum', ({ args }) => args.sizes.reduce((a, b) => a + b, 0), { sizes: group.result.store });
});

/** Runs to the end with groups of this length; `failing` fail. Returns the run as it is then. */
function finishAll(graph: Graph, length: number, failing: readonly string[] = [], start?: Run): Run {
  let run = start ?? createRun(graph);
  for (let ids = run.takeReady(); ids.length > 0; ids = run.takeReady()) {
    for (const id of ids) {
      const { mapGroup } = graph.tasks.find((task) => task.id === id) ?? {};
      if (mapGroup === undefined) run.finish(id, failing.includes(id) ? 'failed' : 'success');
      else run = run.expanded(mapGroup, length);
    }
  }
  return run;
}

const statesOf = (run: Run): Readonly<Record<string, string>> => run.snapshot().states;

test('tasks of a mapped group wait for its list when they begin the group, or use an item', () => {
  const { graph } = dag('waiting', {}, ({ task, mapGroup }) => {
    const list = task('list', () => [1]);
    mapGroup('group', { x: each(list) }, ({ task, item }) => {
      const first = task('first', () => 1);
      first.then(task('between', () => 1)).then(task('second', () => 1, { x: item.x }));
    });
  });
  const waiting = graph.tasks.filter(({ upstream }) => upstream.includes('list')).map(({ id }) => id);
  expect(waiting).toEqual(['group.first', 'group.second']);
  expect(graph.maps).toStrictEqual([{ id: 'group', sources: [{ key: 'x', from: ['list'] }] }]);
});

describe('a mapped task', () => {
  test('has one instance for each element, and its downstream has them all upstream', () => {
    const { tasks } = expandGraph(loads.graph, [['load', 3]]);
    expect(tasks.map(({ id, upstream }) => [id, upstream])).toEqual([
      ['list', []],
      ['load[0]', ['list']],
      ['load[1]', ['list']],
      ['load[2]', ['list']],
      ['total', ['load[0]', 'load[1]', 'load[2]']],
      ['log', ['load[0]', 'load[1]', 'load[2]']],
    ]);
  });

  test('gives its downstream all outputs, and gets the list and its other arguments itself', () => {
    expect(expandGraph(loads.graph, [['load', 2]]).tasks.map(({ id, inputs }) => [id, inputs])).toEqual([
      ['list', undefined],
      ['load[0]', ['list']],
      ['load[1]', ['list']],
      ['total', ['load[0]', 'load[1]']],
      ['log', undefined],
    ]);
    const { graph } = dag(
      'mixed',
      {},
      ({ map }) => void map('load', () => 1, { key: each([1]), table: 'songs' }),
    );
    expect(graph.tasks[0]?.args).toEqual({ key: { $item: 'key' }, table: 'songs' });
    expect(graph.maps).toEqual([{ id: 'load', sources: [{ key: 'key', list: [1] }] }]);
  });

  test('has the limit of its own group, if any', () => {
    const { graph } = dag('limits', {}, ({ map }) => {
      map('free', () => 1, { key: each([1]) });
      map('tight', () => 1, { key: each([1]) }, { maxActive: 1 });
    });
    const { tasks } = expandGraph(graph, [
      ['free', 1],
      ['tight', 1],
    ]);
    expect(tasks.map(({ instance }) => instance)).toStrictEqual([
      { of: 'free', group: 'free', index: 0 },
      { of: 'tight', group: 'tight', index: 0, maxActive: 1 },
    ]);
  });

  test('keeps the other edges of those below it, and a group that the graph does not have changes nothing', () => {
    const both = dag('both', {}, ({ task, map }) => {
      const other = task('other', () => 1);
      const load = map('load', () => 1, { key: each([1, 2]) });
      const total = task('total', () => 1);
      other.then(total);
      load.then(total);
    });
    const { tasks } = expandGraph(both.graph, [['load', 2]]);
    expect(tasks.at(-1)?.upstream).toEqual(['other', 'load[0]', 'load[1]']);
    expect(expandGraph(loads.graph, [['gone', 2]])).toEqual(loads.graph);
    expect(expandGraph({ tasks: [{ id: 'a', upstream: [] }] }, [['gone', 2]]).tasks).toHaveLength(1);
  });

  test('is found by the id of an instance', () => {
    expect(['load[0]', 'per_file.load[12]', 'load', 'load[x]', 'load[1].x'].map(stripIndex)).toEqual([
      'load',
      'per_file.load',
      'load',
      'load[x]',
      'load[1].x',
    ]);
  });

  test('may map over zipped outputs, or a list written in place', () => {
    const zipped = dag('zipped', {}, ({ task, map }) => {
      const names = task('names', () => ['a', 'b']);
      const sizes = task('sizes', () => [1, 2]);
      map('load', () => 1, { pair: each(zip(names, sizes)), day: each(['mon', 'tue']) });
    });
    expect(zipped.graph.maps).toEqual([
      {
        id: 'load',
        sources: [
          { key: 'pair', from: ['names', 'sizes'] },
          { key: 'day', list: ['mon', 'tue'] },
        ],
      },
    ]);
    expect(zipped.graph.tasks.at(-1)).toMatchObject({ id: 'load', upstream: ['names', 'sizes'] });
  });

  test('without elements is skipped', () => {
    expect(statesOf(finishAll(loads.graph, 0))).toEqual({
      list: 'success',
      load: 'skipped',
      total: 'skipped',
      log: 'success',
    });
  });

  test('counts singly for trigger rules: one failed instance fails what wants all', () => {
    expect(statesOf(finishAll(loads.graph, 3, ['load[1]']))).toEqual({
      list: 'success',
      'load[0]': 'success',
      'load[1]': 'failed',
      'load[2]': 'success',
      total: 'upstream_failed',
      log: 'success',
    });
  });

  test('never has more instances at once than maxActive', () => {
    let run = createRun(loads.graph);
    run.finish(run.takeReady()[0] ?? '', 'success');
    run.takeReady();
    run = run.expanded('load', 5);
    expect(run.takeReady()).toEqual(['load[0]', 'load[1]']);
    run.finish('load[1]', 'success');
    expect(run.takeReady()).toEqual(['load[2]']);
    const restored = createRun(loads.graph, run.snapshot());
    restored.finish('load[0]', 'success');
    expect(restored.takeReady()).toEqual(['load[3]']);
  });

  test('keeps its instances through a snapshot', () => {
    const run = finishAll(loads.graph, 3, ['load[1]']);
    const restored = createRun(loads.graph, run.snapshot());
    expect(statesOf(restored)).toEqual(statesOf(run));
    restored.clear(['load[1]', 'total']);
    expect(restored.takeReady()).toEqual(['load[1]']);
  });

  test('that is put together while instances wait, and one was cleared, forgets them all', () => {
    let run = createRun(loads.graph);
    run.finish(run.takeReady()[0] ?? '', 'success');
    run.takeReady();
    run = run.expanded('load', 3);
    run.takeReady();
    run.clear(['load[0]']);
    expect(run.snapshot()).toMatchObject({ ready: ['load[2]'], restarting: ['load[0]'] });
    expect(run.collapsed('load').snapshot()).toEqual({
      states: { list: 'success', load: 'scheduled' },
      ready: ['load'],
      cancelled: false,
    });
  });

  test('that is put together again is taken apart anew', () => {
    const run = finishAll(loads.graph, 3).collapsed('load');
    expect(run.stateOf('load')).toBe('scheduled');
    expect(statesOf(finishAll(loads.graph, 1, [], run))).toMatchObject({
      'load[0]': 'success',
      total: 'success',
    });
  });

  test('that is cleared while its elements are counted is counted again', () => {
    for (const length of [0, 3]) {
      let run = createRun(loads.graph);
      run.finish(run.takeReady()[0] ?? '', 'success');
      run.takeReady();
      expect(run.clear(['load'])).toEqual(['load']);
      run = run.expanded('load', length);
      expect(run.takeReady()).toEqual(['load']);
      expect(statesOf(run.expanded('load', 1))).toMatchObject({ 'load[0]': 'scheduled' });
    }
  });

  test('that is cleared with its list waits for the list', () => {
    let run = createRun(loads.graph);
    run.finish(run.takeReady()[0] ?? '', 'success');
    run.takeReady();
    run.clear(['list', 'load']);
    run = run.expanded('load', 3);
    expect(run.takeReady()).toEqual(['list']);
  });

  test('is recorded in the wire form of its graph', () => {
    expect(deserializeGraph(JSON.parse(JSON.stringify(serializeGraph(loads.graph))))).toEqual(loads.graph);
    expect(loads.graph.maps).toEqual([
      { id: 'load', sources: [{ key: 'key', from: ['list'] }], maxActive: 2 },
    ]);
  });
});

describe('a mapped group', () => {
  test('has edges of its own for each element: one may be far ahead of another', () => {
    const { tasks } = expandGraph(files.graph, [['per_file', 2]]);
    const edges = Object.fromEntries(tasks.map(({ id, upstream }) => [id, upstream]));
    expect(edges).toMatchObject({
      'per_file.download[1]': ['list'],
      'per_file.store[0]': ['per_file.download[0]'],
      'per_file.store[1]': ['per_file.download[1]'],
      sum: ['per_file.store[0]', 'per_file.store[1]'],
    });
  });

  test('fails in one instance without holding up the others', () => {
    expect(statesOf(finishAll(files.graph, 2, ['per_file.download[0]']))).toMatchObject({
      'per_file.store[0]': 'upstream_failed',
      'per_file.store[1]': 'success',
      sum: 'upstream_failed',
    });
  });

  test('takes along the groups that are in it', () => {
    const { graph } = dag('nested', {}, ({ mapGroup }) => {
      mapGroup('file', { key: each(['a', 'b']) }, ({ group, item }) => {
        group('steps', ({ task }) => void task('load', () => 1, { key: item.key }));
      });
    });
    expect(expandGraph(graph, [['file', 2]]).tasks.map(({ id }) => id)).toEqual([
      'file.steps.load[0]',
      'file.steps.load[1]',
    ]);
  });

  test('without elements is skipped whole', () => {
    expect(finishAll(files.graph, 0).counts).toMatchObject({ success: 1, skipped: 3 });
  });

  test('leaves a task that was marked by hand as it is, without elements and when another is counted again', () => {
    const start = (): Run => {
      const run = createRun(files.graph);
      run.finish(run.takeReady()[0] ?? '', 'success');
      run.takeReady();
      run.mark('per_file.store', 'success');
      return run;
    };
    expect(statesOf(start().expanded('per_file', 0))).toMatchObject({
      'per_file.download': 'skipped',
      'per_file.store': 'success',
    });
    const cleared = start();
    cleared.clear(['per_file.download']);
    expect(statesOf(cleared.expanded('per_file', 2))).toMatchObject({
      'per_file.download': 'scheduled',
      'per_file.store': 'success',
    });
  });

  test('that is put together again leaves the others taken apart', () => {
    const { graph } = dag('two', {}, ({ map }) => {
      map('one', () => 1, { key: each([1, 2]) });
      map('other', () => 1, { key: each([1, 2]) });
    });
    const run = finishAll(graph, 2).collapsed('one');
    expect(run.takeReady()).toEqual(['one']);
    expect(run.stateOf('other[1]')).toBe('success');
  });
});

describe('elements', () => {
  const outputs: Readonly<Record<string, unknown>> = { list: ['a', 'b'], sizes: [1, 2, 3] };
  const read = async (id: string): Promise<unknown> => outputs[id];
  const all = async (sources: readonly MapSource[]): Promise<readonly unknown[]> => {
    const length = await countItems('g', sources, read);
    const items = Array.from({ length }, (_, index) =>
      Promise.all(sources.map(({ key }) => readItem(key, index, sources, read))),
    );
    return Promise.all(items);
  };

  test('of two lists are all combinations, the last varying fastest', async () => {
    const sources = [
      { key: 'x', from: ['list'] },
      { key: 'y', list: [1, 2, 3] },
    ];
    expect(await all(sources)).toEqual([
      ['a', 1],
      ['a', 2],
      ['a', 3],
      ['b', 1],
      ['b', 2],
      ['b', 3],
    ]);
  });

  test('of zipped lists are tuples, as many as the shortest has', async () => {
    expect(await all([{ key: 'x', from: ['list', 'sizes'] }])).toEqual([[['a', 1]], [['b', 2]]]);
  });

  test('there are as many as the product of the lengths, each once', async () => {
    const lists = fc.array(fc.uniqueArray(fc.integer(), { maxLength: 4 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(lists, async (values) => {
        const found = await all(values.map((list, index) => ({ key: String(index), list })));
        expect(found).toHaveLength(values.reduce((product, { length }) => product * length, 1));
        expect(new Set(found.map((item) => JSON.stringify(item))).size).toBe(found.length);
      }),
    );
  });

  test('of something that is no list, or of far too many, are refused', async () => {
    await expect(countItems('g', [{ key: 'x', from: ['nothing'] }], read)).rejects.toThrow('Return a list.');
    const wide = { list: Array.from({ length: 101 }, () => 0) };
    const sources = [
      { key: 'x', ...wide },
      { key: 'y', ...wide },
    ];
    await expect(countItems('g', sources, read)).rejects.toThrow(
      '10,201 instances, and a run can have 10,000',
    );
  });
});

describe('a mapping that makes no sense is refused when the DAG is built', () => {
  type Build = Parameters<typeof dag>[2];
  const refused = (build: Build, options: Parameters<typeof dag>[1] = {}): unknown =>
    refusal(() => dag('bad', options, build));

  test('over nothing', () => {
    expect(refused(({ map }) => void map('load', () => 1, { key: 1 }))).toMatchObject({
      code: 'INVALID_TASK',
      message: expect.stringContaining('maps over nothing'),
    });
    expect(refused(({ map }) => void map('load', () => 1, undefined as never))).toMatchObject({
      message: expect.stringContaining('DAG bad, mapped task load maps over nothing'),
    });
    expect(refused(({ map }) => void map('load', () => 1, null as never))).toMatchObject({
      message: expect.stringContaining('DAG bad, mapped task load maps over nothing'),
    });
    const half = { x: each([1]), y: 2 as never };
    expect(
      refused(({ mapGroup }) => void mapGroup('group', half, ({ task }) => task('a', () => 1))),
    ).toMatchObject({ message: expect.stringContaining('DAG bad, mapped group group maps over nothing') });
  });

  test.each([0, -1, 1.5, '2'])('with maxActive %p', (maxActive) => {
    const options = { maxActive: maxActive as number };
    expect(refused(({ map }) => void map('load', () => 1, { key: each([1]) }, options))).toMatchObject({
      code: 'INVALID_OPTION',
      message: `DAG bad, mapped task load: option maxActive is ${JSON.stringify(maxActive)}. Use a whole number from 1.`,
    });
  });

  test('in a task that is not mapped', () => {
    expect(refused(({ task }) => void task('load', () => 1, { key: each([1]) }))).toMatchObject({
      message: expect.stringContaining('maps over a list in a task that is not mapped'),
    });
  });

  test('over what is no list, or zipped with it', () => {
    expect(refusal(() => each(3 as never))).toMatchObject({
      code: 'INVALID_TASK',
      message: 'each got 3, not a list. Write each(keys), with a task that returns a list, or each([1, 2]).',
    });
    const mixed: Build = ({ task }) =>
      void zip(
        task('list', () => [1]),
        [2] as never,
      );
    expect(refused(mixed)).toMatchObject({
      message: 'zip got something that is no task, not a list. Write zip(names, sizes).',
    });
  });

  test('over what is no JSON', () => {
    const source = { x: each([1n as never]) };
    expect(refused(({ map }) => void map('load', () => 1, source))).toMatchObject({
      message: expect.stringContaining('DAG bad, mapped task load, each of x'),
    });
  });

  test('inside another', () => {
    const nested: Build = ({ mapGroup }) =>
      void mapGroup('outer', { x: each([1]) }, ({ map }) => void map('inner', () => 1, { y: each([2]) }));
    expect(refused(nested)).toMatchObject({
      code: 'INVALID_TASK',
      message:
        'DAG bad, mapped task outer.inner is inside the mapped group outer, and a mapping inside a mapping is not supported. ' +
        'Map over all combinations at once, with two each(…) in one map, or map in a DAG that triggerDag starts.',
    });
  });

  test('with an item used outside of its group', () => {
    const stray: Build = ({ task, mapGroup }) => {
      let leaked: unknown;
      mapGroup('group', { x: each([1]) }, ({ task, item }) => {
        leaked = item.x;
        task('inside', () => 1, { x: item.x });
      });
      task('outside', () => 1, { x: leaked as string });
    };
    expect(refused(stray)).toMatchObject({
      code: 'INVALID_TASK',
      message: expect.stringContaining('and is not in it'),
    });
  });

  test('of tasks that depend on the past', () => {
    const options = { defaultArgs: { dependsOnPast: true } };
    expect(refused(({ map }) => void map('load', () => 1, { key: each([1]) }), options)).toMatchObject({
      message:
        'DAG bad, task load: option dependsOnPast is set for a mapped task. ' +
        'Set it to false here, and let a task before it depend on the past.',
    });
  });

  test('of what is no list', () => {
    expect(() => each('abc' as never)).toThrow('each got "abc", not a list');
    expect(() => zip()).toThrow('zip got nothing');
    expect(() => zip([1, 2] as never)).toThrow(
      'zip got something that is no task, not a list. Write zip(names',
    );
  });
});
