/**
 * A trace for each run: one span for the run, and below it one for each try of a task. Several processes, one
 * after another, make the spans of one run without talking to each other: the ids follow from Temporal's.
 */
import { createHash } from 'node:crypto';
import {
  context,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api';
import { Resource, detectResourcesSync, envDetectorSync } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  RandomIdGenerator,
  TraceIdRatioBasedSampler,
  type IdGenerator,
  type Sampler,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { RunFacts } from '../../core/run-facts.js';
import type { RunEnd } from '../../workflows/run-sinks.js';
import type { Execution, Observer, TaskTry, TryEnd } from './observer.js';

const SCOPE = 'airtempo';

/** An observer that makes spans, and the means to send the last of them. */
export interface Traces {
  readonly observer: Observer;
  shutdown(): Promise<void>;
}

/** Makes the observer. `env` gives OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, as elsewhere. */
export function createTraces(processor: SpanProcessor, env: NodeJS.ProcessEnv): Traces {
  const ids = new RunIdGenerator();
  const provider = new BasicTracerProvider({
    idGenerator: ids,
    sampler: createSampler(env),
    resource: new Resource({ 'service.name': SCOPE }).merge(
      detectResourcesSync({ detectors: [envDetectorSync] }),
    ),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer(SCOPE);
  const spans = new WeakMap<TaskTry, Span>();
  const start = (task: TaskTry): Span =>
    tracer.startSpan(
      `task ${task.taskId}`,
      { startTime: task.startedAtMs, attributes: attributesOfTry(task) },
      runContext(task.execution),
    );
  return {
    observer: {
      tryStarted: (task) => void spans.set(task, start(task)),
      tryEnded: (task, end) => endTry(spans.get(task), end),
      within: (task, work) => {
        const span = spans.get(task);
        return span === undefined ? work() : context.with(trace.setSpan(context.active(), span), work);
      },
      runEnded: (end, execution) => {
        const span = ids.withIds(idsOfRun(execution), () =>
          tracer.startSpan(
            `run ${end.run.dagId}`,
            { startTime: end.startedAtMs, root: true, attributes: attributesOfRun(end.run, execution) },
            ROOT_CONTEXT,
          ),
        );
        endRun(span, end);
      },
    },
    shutdown: () => provider.shutdown(),
  };
}

interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** The trace is named by Temporal's id of the run's first history, which is a UUID: as long as a trace id. */
export function idsOfRun({ firstRunId }: Pick<Execution, 'firstRunId'>): SpanIds {
  const digest = createHash('sha256').update(firstRunId).digest('hex');
  const plain = firstRunId.replaceAll('-', '').toLowerCase();
  return {
    traceId: /^(?!0{32})[0-9a-f]{32}$/.test(plain) ? plain : digest.slice(32),
    spanId: digest.slice(0, 16),
  };
}

/** A parent for the spans of tries: the run's span, which is made only when the run has ended, perhaps elsewhere. */
function runContext(execution: Execution): Context {
  const parent = { ...idsOfRun(execution), traceFlags: TraceFlags.SAMPLED, isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, parent);
}

/** Random ids, but for the one span whose ids are known beforehand. */
class RunIdGenerator implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #next: SpanIds | undefined;

  withIds<T>(ids: SpanIds, make: () => T): T {
    this.#next = ids;
    try {
      return make();
    } finally {
      this.#next = undefined;
    }
  }

  generateTraceId = (): string => this.#next?.traceId ?? this.#random.generateTraceId();
  generateSpanId = (): string => this.#next?.spanId ?? this.#random.generateSpanId();
}

/**
 * Samplers that look at the trace id alone: whichever process asks, the whole trace is kept or none of it. A trace has
 * no parent of another service, so the parent-based names mean the same.
 */
function createSampler(env: NodeJS.ProcessEnv): Sampler {
  const name = (env['OTEL_TRACES_SAMPLER'] ?? '').replace(/^parentbased_/, '');
  if (name === 'always_off') return new AlwaysOffSampler();
  if (name === 'traceidratio')
    return new TraceIdRatioBasedSampler(Number(env['OTEL_TRACES_SAMPLER_ARG'] ?? 1));
  return new AlwaysOnSampler();
}

function attributesOfRun(run: RunFacts, execution: Execution): Attributes {
  const [start, end] = run.dataInterval;
  return {
    'airtempo.dag.id': run.dagId,
    'airtempo.run.id': run.runId,
    'airtempo.run.type': run.runType,
    'airtempo.logical_date': run.logicalDate,
    'airtempo.data_interval.start': start,
    'airtempo.data_interval.end': end,
    // the names of Temporal's own interceptors
    temporalWorkflowId: execution.workflowId,
    temporalRunId: execution.runId,
  };
}

function attributesOfTry(task: TaskTry): Attributes {
  return {
    ...attributesOfRun(task.run, task.execution),
    'airtempo.task.id': task.taskId,
    'airtempo.operator': task.operator,
    'airtempo.try_number': task.tryNumber,
    'airtempo.task_queue': task.taskQueue,
    'airtempo.delay_ms': Math.max(0, task.startedAtMs - task.readyAtMs),
  };
}

function endTry(span: Span | undefined, { state, endedAtMs, error }: TryEnd): void {
  // a sensor that looks every minute for a day would bury its trace: only the poke that ends the task is sent
  if (span === undefined || state === 'up_for_reschedule') return;
  span.setAttribute('airtempo.state', state);
  if (error !== undefined) {
    span.setAttribute('error.type', error.type);
    span.recordException({ name: error.type, message: error.message }, endedAtMs);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  }
  span.end(endedAtMs);
}

function endRun(span: Span, { state, endedAtMs, message, counts }: RunEnd): void {
  span.setAttribute('airtempo.state', state);
  for (const [taskState, number] of Object.entries(counts)) {
    span.setAttribute(`airtempo.tasks.${taskState}`, number);
  }
  if (state === 'failed') {
    span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) });
  }
  span.end(endedAtMs);
}
