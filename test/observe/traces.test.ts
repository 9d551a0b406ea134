/** The rules of traces, with the spans kept in memory. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { context, ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { dag } from '../../index.js';
import type { TaskTry } from '../../workers/observe/observer.js';
import { createTraces, idsOfRun } from '../../workers/observe/traces.js';
import { startEngine, until, type Engine } from '../support/engine.js';

/** Conf and params go to every task: with so much of them, a history is full after some 160 tasks. */
const BULKY = 'x'.repeat(30_000);

let seenByHandler: string | undefined;
const nested = dag('nested', {}, ({ task }) => {
  task('inner', () => {
    seenByHandler = trace.getSpan(context.active())?.spanContext().spanId;
  });
});
const long = dag('long', { params: z.object({ bulk: z.string() }) }, ({ task }) => {
  let last = task('t0', () => 0);
  for (let index = 1; index < 200; index += 1) {
    const next = task(`t${String(index)}`, () => index);
    last.then(next);
    last = next;
  }
});

const exporter = new InMemorySpanExporter();
const { observer } = createTraces(new SimpleSpanProcessor(exporter), {});
let engine: Engine;

beforeAll(async () => {
  const storage = new AsyncLocalStorage<Context>();
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, fn, thisArg, ...args) => storage.run(active, () => fn.apply(thisArg as never, args)),
    bind: (_, target) => target,
    enable: () => context as never,
    disable: () => context as never,
  });
  engine = await startEngine([nested, long], [], [observer]);
});
afterAll(() => engine.stop());

const spansOf = (dagId: string): readonly ReadableSpan[] =>
  exporter.getFinishedSpans().filter(({ attributes }) => attributes['airtempo.dag.id'] === dagId);

describe('a trace', () => {
  test('lets what a handler uses nest its own spans below the try', async () => {
    await engine.run(nested);
    const [inner] = spansOf('nested').filter(({ name }) => name === 'task inner');
    expect(seenByHandler).toBeDefined();
    expect(seenByHandler).toBe(inner?.spanContext().spanId);
  });

  test('stays one when the run goes on in a new history', async () => {
    const { handle, status } = await engine.run(long, { conf: { bulk: BULKY } });
    expect(status).toBe('COMPLETED');
    const { runId } = await handle.describe();
    const run = await until(() => spansOf('long').find(({ name }) => name === 'run long'));
    const spans = spansOf('long');
    expect(new Set(spans.map(({ attributes }) => attributes['temporalRunId'])).size).toBeGreaterThan(1);
    expect(run.attributes['temporalRunId']).toBe(runId);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    const parents = spans.filter((span) => span !== run).map(({ parentSpanId }) => parentSpanId);
    expect(parents).toHaveLength(200);
    expect(new Set(parents)).toEqual(new Set([run.spanContext().spanId]));
  });
});

describe('sampling', () => {
  const tryOf = (firstRunId: string): TaskTry => ({
    run: {
      dagId: 'sampled',
      runId: 'r',
      runType: 'manual',
      logicalDate: '2018-11-02T00:00:00.000Z',
      dataInterval: ['2018-11-02T00:00:00.000Z', '2018-11-03T00:00:00.000Z'],
      conf: {},
      params: {},
    },
    taskId: 't',
    operator: 'o',
    tryNumber: 1,
    isPoke: false,
    taskQueue: 'q',
    execution: { workflowId: 'w', runId: firstRunId, firstRunId },
    readyAtMs: 0,
    startedAtMs: 0,
  });

  test('keeps a whole trace or none of it, whichever process asks', () => {
    const runs = Array.from({ length: 200 }, () => crypto.randomUUID());
    const env = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' };
    const kept = new InMemorySpanExporter();
    for (const process of ['one', 'two']) {
      const { observer } = createTraces(new SimpleSpanProcessor(kept), env);
      for (const id of runs) {
        const task = tryOf(id);
        observer.tryStarted?.(task);
        observer.tryEnded?.(task, { state: 'success', endedAtMs: 1 });
        if (process === 'two') {
          observer.runEnded?.(
            { run: task.run, state: 'success', startedAtMs: 0, endedAtMs: 1, counts: {} },
            task.execution,
          );
        }
      }
    }
    const sizes = new Map<string, number>();
    for (const span of kept.getFinishedSpans()) {
      const { traceId } = span.spanContext();
      sizes.set(traceId, (sizes.get(traceId) ?? 0) + 1);
    }
    expect(new Set(sizes.values())).toEqual(new Set([3]));
    expect(sizes.size).toBeGreaterThan(50);
    expect(sizes.size).toBeLessThan(150);
  });
});

describe('the ids of a run', () => {
  test('are valid whatever Temporal calls the run', () => {
    for (const firstRunId of ['', 'x', '00000000-0000-0000-0000-000000000000', crypto.randomUUID()]) {
      const { traceId, spanId } = idsOfRun({ firstRunId });
      expect(traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
      expect(spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
    }
  });
});
