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
  const large = 'x'.repeat(300_000);
  const pair = dag('pair', {}, ({ task }) => {
    const first = task('first', () => large);
    const second = task('second', () => large);
    task('use_first', ({ args }) => args.text, { text: first });
    task('use_second', ({ args }) => args.text, { text: second });
  });

  test('after the last task that uses it has ended, for the case that this is cleared', () => {
    const outputs = new Outputs(shared.graph);
    outputs.keep('extract', 42);
    outputs.release(taskOf(shared, 'load'));
    outputs.release(taskOf(shared, 'check'));
    expect(outputs.for(taskOf(shared, 'load'))).toEqual({ extract: 42 });
    expect(outputs.lostFor(taskOf(shared, 'load'))).toEqual([]);
  });

  test('while it is needed, however large, and beyond that while there is room', () => {
    const outputs = new Outputs(pair.graph);
    outputs.keep('first', large);
    outputs.keep('second', large);
    outputs.release(taskOf(pair, 'use_first'));
    expect(Object.keys(outputs.toJSON())).toEqual(['first', 'second']);
    outputs.release(taskOf(pair, 'use_second'));
    expect(Object.keys(outputs.toJSON())).toEqual(['second']);
    expect(outputs.lostFor(taskOf(pair, 'use_first'))).toEqual(['first']);
    expect(outputs.lost).toEqual(['first']);
  });

  test('that a cleared task uses again', () => {
    const outputs = new Outputs(pair.graph);
    outputs.keep('first', large);
    outputs.release(taskOf(pair, 'use_first'));
    outputs.claim(taskOf(pair, 'use_first'));
    outputs.keep('second', large);
    outputs.release(taskOf(pair, 'use_second'));
    expect(Object.keys(outputs.toJSON())).toEqual(['first', 'second']);
  });

  test('that is made anew in place of the former', () => {
    const outputs = new Outputs(shared.graph);
    outputs.keep('extract', 42);
    outputs.keep('extract', 43);
    expect(outputs.for(taskOf(shared, 'load'))).toEqual({ extract: 43 });
    outputs.keep('extract', undefined);
    expect(outputs.for(taskOf(shared, 'load'))).toBeUndefined();
  });

  test('only if a task uses it', () => {
    const outputs = new Outputs(shared.graph);
    outputs.keep('load', 42);
    expect(outputs.toJSON()).toEqual({});
  });

  test('in a new history too, and knows there which are gone', () => {
    const outputs = new Outputs(pair.graph, {
      outputs: { second: large },
      lost: ['first'],
      states: { first: 'success', second: 'success', use_first: 'success', use_second: 'success' },
    });
    expect(outputs.for(taskOf(pair, 'use_second'))).toEqual({ second: large });
    expect(outputs.lostFor(taskOf(pair, 'use_first'))).toEqual(['first']);
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
