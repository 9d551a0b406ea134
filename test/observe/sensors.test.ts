/** A sensor looks again and again: traces and lineage tell of the task, not of each look. */
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dag, notYet, sensor } from '../../index.js';
import { createLineageObserver, type LineageEvent } from '../../workers/observe/lineage.js';
import type { Observer } from '../../workers/observe/observer.js';
import { createTraces } from '../../workers/observe/traces.js';
import { startEngine, until, type Engine } from '../support/engine.js';

let pokes = 0;
const watch = sensor('watch', () => ((pokes += 1) < 4 ? notYet('no file') : 'found'));
const watching = dag('watching', {}, ({ task }) => {
  task('wait', watch, {}, { pokeInterval: '1ms' });
});

const exporter = new InMemorySpanExporter();
const events: LineageEvent[] = [];
const states: string[] = [];
const listener: Observer = { tryEnded: (_, { state }) => void states.push(state) };
let engine: Engine;

beforeAll(async () => {
  const traces = createTraces(new SimpleSpanProcessor(exporter), {});
  const lineage = createLineageObserver('n', (event) => void events.push(event));
  engine = await startEngine([watching], [], [traces.observer, lineage, listener]);
  await engine.run(watching);
  await until(() => events.length >= 4);
});
afterAll(() => engine.stop());

test('observers hear of every poke, and that the task waits on', () => {
  expect(states).toEqual(['up_for_reschedule', 'up_for_reschedule', 'up_for_reschedule', 'success']);
});

test('the trace has one span for the sensor', () => {
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['task wait', 'run watching']);
});

test('lineage has one run of the job', () => {
  expect(events.map(({ job, eventType }) => `${job.name} ${eventType}`)).toEqual([
    'watching START',
    'watching.wait START',
    'watching.wait COMPLETE',
    'watching COMPLETE',
  ]);
});
