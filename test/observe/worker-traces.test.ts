/** The spans that an OpenTelemetry collector gets from real workers, by OTLP over HTTP. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { createCliProject, type CliProcess, type CliProject } from '../support/cli.js';
import { until } from '../support/engine.js';
import { startHttpReceiver, type HttpReceiver } from '../support/http-receiver.js';
import { testStack } from '../support/stack.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const TASK_QUEUE = `traces-${String(process.pid)}`;
const DAGS = `
import { existsSync } from 'node:fs';
import { dag } from ${JSON.stringify(API)};
export const traced = dag('traced', {}, ({ task, group }) => {
  const first = task('first', () => 1);
  const load = group('load', ({ task }) => {
    task('flaky', ({ ctx }) => {
      if (ctx.tryNumber === 1) throw new Error('the source is away');
      return 2;
    }, {}, { retries: 1, retryDelay: 0 });
  });
  const gate = task('gate', async () => {
    while (!existsSync('open')) await new Promise((resolve) => setTimeout(resolve, 20));
  }, {}, { retries: 5, retryDelay: 0 });
  first.then(load);
  load.then(gate);
  gate.then(task('last', () => { throw new Error('no luck'); }, {}, { retries: 0 }));
});
`;

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: readonly { key: string; value: Readonly<Record<string, unknown>> }[];
}

/** The spans of OTLP's envelopes. */
function spansOf({ received }: HttpReceiver): readonly Span[] {
  const envelopes = received.map(({ body }) => body) as {
    resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
  }[];
  return envelopes.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );
}

function attribute(span: Span | undefined, key: string): unknown {
  const value = span?.attributes.find((one) => one.key === key)?.value ?? {};
  return Object.values(value)[0];
}

let receiver: HttpReceiver;
let project: CliProject;

beforeAll(async () => {
  receiver = await startHttpReceiver();
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_LOAD_EXAMPLES: 'false',
    AIRTEMPO_TASK_QUEUE: TASK_QUEUE,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-team=night',
    OTEL_SERVICE_NAME: 'sparkify',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await mkdir(path.join(project.dir, 'dags'));
  await writeFile(path.join(project.dir, 'dags', 'traced.ts'), DAGS);
});
afterAll(async () => {
  await project.remove();
  await receiver.stop();
});

async function startWorker(): Promise<CliProcess> {
  const worker = project.start(['worker']);
  await until(() => worker.output().includes('worker started'));
  return worker;
}

describe('a run that two workers execute, one after the other', () => {
  let spans: readonly Span[];
  let temporalRunId: string;

  beforeAll(async () => {
    const connection = await Connection.connect({ address: testStack.temporalAddress() });
    const client = new Client({ connection });
    const handle = await client.workflow.start('traced', { taskQueue: TASK_QUEUE, workflowId: TASK_QUEUE });
    temporalRunId = handle.firstExecutionRunId;
    const first = await startWorker();
    await until(() => (spansOf(receiver).length >= 3 ? true : undefined));
    first.child.kill('SIGTERM'); // gate is running: it is cancelled, and tried again elsewhere
    await writeFile(path.join(project.dir, 'open'), '');
    await first.ended;
    const second = await startWorker();
    await handle.result().catch(() => undefined);
    await until(() => spansOf(receiver).find(({ name }) => name === 'run traced'));
    second.child.kill('SIGTERM');
    await second.ended;
    spans = spansOf(receiver);
    await connection.close();
  });

  test('is one trace, named by the run, with the tries as children of the run', () => {
    const run = spans.find(({ name }) => name === 'run traced');
    expect(run?.parentSpanId ?? '').toBe('');
    expect(run?.traceId).toBe(temporalRunId.replaceAll('-', ''));
    const tries = spans.filter(({ name }) => name !== 'run traced');
    expect(new Set(tries.map(({ traceId }) => traceId))).toEqual(new Set([run?.traceId]));
    expect(new Set(tries.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([run?.spanId]));
  });

  test('has a span for each try, with state and error', () => {
    const triesOf = (taskId: string): unknown =>
      spans
        .filter((span) => attribute(span, 'airtempo.task.id') === taskId)
        .map((span) => [attribute(span, 'airtempo.state'), span.status.message]);
    expect(triesOf('first')).toEqual([['success', undefined]]);
    expect(triesOf('load.flaky')).toEqual([
      ['up_for_retry', 'the source is away'],
      ['success', undefined],
    ]);
    expect(triesOf('last')).toEqual([['failed', 'no luck']]);
  });

  test('has a span for itself, from its start to its end, with how it ended', () => {
    const run = spans.find(({ name }) => name === 'run traced');
    expect(attribute(run, 'airtempo.dag.id')).toBe('traced');
    expect(attribute(run, 'airtempo.run.id')).toMatch(/^manual__/);
    expect(attribute(run, 'temporalWorkflowId')).toBe(TASK_QUEUE);
    expect(attribute(run, 'airtempo.state')).toBe('failed');
    expect(attribute(run, 'airtempo.tasks.failed')).toBe(1);
    expect(run?.status).toMatchObject({ code: 2, message: expect.stringContaining('last (no luck)') });
    for (const span of spans) {
      expect(BigInt(span.startTimeUnixNano) >= BigInt(run?.startTimeUnixNano ?? 0)).toBe(true);
      expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true);
    }
  });

  test('is sent as the standard variables say', () => {
    const [request] = receiver.received;
    expect(request?.path).toBe('/v1/traces');
    expect(request?.headers['x-team']).toBe('night');
    expect(JSON.stringify(request?.body)).toContain(
      '{"key":"service.name","value":{"stringValue":"sparkify"}}',
    );
  });
});

describe('a collector that is away', () => {
  test('costs a warning, and neither the run nor the end of the worker', async () => {
    const away = await startHttpReceiver();
    await away.stop();
    const other = await createCliProject({ ...project.env, OTEL_EXPORTER_OTLP_ENDPOINT: away.url });
    await writeFile(path.join(other.dir, 'package.json'), '{"type":"module"}');
    await mkdir(path.join(other.dir, 'dags'));
    await writeFile(
      path.join(other.dir, 'dags', 'plain.ts'),
      `import { dag } from ${JSON.stringify(API)};\nexport default dag('plain', {}, ({ task }) => { task('a', () => 1); });\n`,
    );
    const worker = other.start(['worker']);
    await until(() => worker.output().includes('worker started'));
    const triggered = await other.run(['dags', 'trigger', 'plain', '--watch']);
    expect(triggered.code).toBe(0);
    await until(() => worker.output().includes('spans could not be sent'));
    worker.child.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
    await other.remove();
  });
});

describe('the endpoint', () => {
  test('that is no URL is refused before anything starts', async () => {
    const bad = await createCliProject({
      TEMPORAL_ADDRESS: testStack.temporalAddress(),
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'collector:4318',
    });
    const refused = await bad.run(['worker']);
    await bad.remove();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      'INVALID_ARGUMENT: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is not an http or https URL',
    );
  });
});
