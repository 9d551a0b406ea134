import { describe, expect, test } from '@jest/globals';
import { dag, type Dag, type TaskRef } from '../../index.js';
import { Outputs } from '../../workflows/outputs.js';

const shared = dag('shared', {}, ({ task }) => {
  const extract = task('extract', () => 1);
  task('load', ({ args }) => args.rows, { rows: extract });
  task('check', ({ args }) => args.rows, { rows: extract });
  extract.then(task('log', () => 1));
});

function taskOf({ graph }: Dag, id: string): (typeof graph.tasks)[number] {
  const task = graph.tasks.find((each) => each.id === id);
  if (task === undefined) throw new Error(`no task ${id}`);
  return task;
}

describe('a run keeps an output', () => {
  test('until the last task that uses it has ended', () => {
    const outputs = new Outputs(shared.graph);
    outputs.keep('extract', 42);
    expect(outputs.for(taskOf(shared, 'load'))).toEqual({ extract: 42 });
    outputs.release(taskOf(shared, 'load'));
    expect(outputs.toJSON()).toEqual({ extract: 42 });
    outputs.release(taskOf(shared, 'check'));
    expect(outputs.toJSON()).toEqual({});
  });

  test('only if a task uses it', () => {
    const outputs = new Outputs(shared.graph);
    outputs.keep('load', 42);
    expect(outputs.toJSON()).toEqual({});
  });

  test('in a new history for the tasks that are still to come, not for those that have ended', () => {
    const outputs = new Outputs(shared.graph, {
      outputs: { extract: 42 },
      states: { extract: 'success', load: 'success', check: 'scheduled' },
    });
    outputs.release(taskOf(shared, 'check'));
    expect(outputs.toJSON()).toEqual({});
  });
});

describe('an output travels inline', () => {
  const fanIn = (width: number): Dag =>
    dag('fan_in', {}, ({ task }) => {
      const parts: TaskRef<number>[] = [];
      for (let index = 0; index < width; index += 1) parts.push(task(`part_${String(index)}`, () => index));
      task('merge', ({ args }) => args.parts.length, { parts });
    });

  test('up to the usual size when few tasks share it', () => {
    expect(new Outputs(shared.graph).inlineBytes('extract')).toBeUndefined();
    expect(new Outputs(fanIn(16).graph).inlineBytes('part_0')).toBeUndefined();
  });

  test('up to less, when one task is given many', () => {
    expect(new Outputs(fanIn(64).graph).inlineBytes('part_0')).toBe(4_096);
    expect(new Outputs(fanIn(10_000).graph).inlineBytes('part_0')).toBe(256);
  });
});
